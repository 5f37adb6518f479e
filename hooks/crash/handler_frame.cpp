// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/handler_frame.hpp"

#include <cstdint>
#include <initializer_list>

#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::crash {
namespace {

struct Frame {
  uintptr_t context;
  uintptr_t info;
  uint64_t mark;  // of what the frame held
};
thread_local constinit Frame t_frame __attribute__((tls_model("initial-exec"))) = {};

constexpr uintptr_t kDeepestHandler = uintptr_t{8} << 20;

uint64_t mark_of(const siginfo_t& info, const ucontext_t& context) {
  uint64_t mark = static_cast<uint64_t>(info.si_signo);
  const auto add = [&mark](uint64_t value) { mark = (mark ^ value) * 0x9e3779b97f4a7c15; };
  add(static_cast<uint64_t>(info.si_code));
  add(reinterpret_cast<uintptr_t>(info.si_addr));
  add(context.uc_flags);
  add(reinterpret_cast<uintptr_t>(context.uc_stack.ss_sp));
#if defined(__x86_64__)
  for (const int i : {REG_RIP, REG_RSP, REG_RBP, REG_CSGSFS, REG_TRAPNO, REG_ERR, REG_CR2}) {
    add(static_cast<uint64_t>(context.uc_mcontext.gregs[i]));
  }
#else
  for (const uint64_t value : {context.uc_mcontext.pc, context.uc_mcontext.sp,
                               context.uc_mcontext.regs[29], context.uc_mcontext.fault_address}) {
    add(value);
  }
#endif
  return mark;
}

bool is_readable(uintptr_t start, uintptr_t size_bytes) {
  for (uintptr_t page = stack::page_of(start); page < start + size_bytes;
       page += stack::kPageBytes) {
    if (!stack::readable(page)) return false;
  }
  return true;
}

bool lies_on(const stack_t& stack, uintptr_t address) {
  return (stack.ss_flags & SS_DISABLE) == 0 &&
         address - reinterpret_cast<uintptr_t>(stack.ss_sp) < stack.ss_size;
}

}  // namespace

void enter_frame(int, const siginfo_t& info, const ucontext_t& context) {
  t_frame = {reinterpret_cast<uintptr_t>(&context), reinterpret_cast<uintptr_t>(&info),
             mark_of(info, context)};
}

int enclosing_handler() {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (t_frame.context <= here || t_frame.context - here > kDeepestHandler) return 0;
  if (!is_readable(t_frame.context, sizeof(ucontext_t)) ||
      !is_readable(t_frame.info, sizeof(siginfo_t))) {
    return 0;
  }
  const auto& context = *reinterpret_cast<const ucontext_t*>(t_frame.context);
  const auto& info = *reinterpret_cast<const siginfo_t*>(t_frame.info);
  if (mark_of(info, context) != t_frame.mark) return 0;
  const bool same_stack =
      lies_on(context.uc_stack, t_frame.context) == lies_on(context.uc_stack, here);
  return same_stack ? info.si_signo : 0;
}

}  // namespace dbgtrace::hooks::crash
