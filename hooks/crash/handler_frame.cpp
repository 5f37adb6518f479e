// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/handler_frame.hpp"

#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "hooks/os/files.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::crash {
namespace {

// The address of what the kernel saved, and above it a mark of what it held: a thread's state has
// to do with 128 bytes in all.
using Kept = uint64_t;
constexpr uint32_t kMarkShift = 48;

// Of the handlers that may be running the innermost and the outermost; behind the last one 0.
constexpr uint32_t kNested = 2;
thread_local constinit Kept t_frames[kNested] __attribute__((tls_model("initial-exec"))) = {};

// Whose frames they are: a child that a handler forks is in none of its own.
constinit std::atomic<uint32_t> g_pid{0};

constexpr uintptr_t kDeepestHandler = uintptr_t{8} << 20;

uintptr_t context_of(Kept kept) { return kept & ((Kept{1} << kMarkShift) - 1); }

// The kernel lays the siginfo down beside the context.
uintptr_t info_beside(uintptr_t context) {
#if defined(__x86_64__)
  constexpr uintptr_t kContextBytes = 304;  // the C library's structure is longer
  return context + kContextBytes;
#else
  return context - sizeof(siginfo_t);
#endif
}

HandlerFrame frame_of(Kept kept) {
  const uintptr_t context = context_of(kept);
  return {reinterpret_cast<const siginfo_t*>(info_beside(context)),
          reinterpret_cast<const ucontext_t*>(context)};
}

Kept keep(const HandlerFrame& frame) {
  const siginfo_t& info = *frame.info;
  const ucontext_t& context = *frame.context;
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
  const auto address = reinterpret_cast<uintptr_t>(frame.context);
  return mark >> kMarkShift << kMarkShift | context_of(address);
}

bool is_readable(uintptr_t start, uintptr_t size_bytes) {
  for (uintptr_t page = stack::page_of(start); page < start + size_bytes;
       page += stack::kPageBytes) {
    if (!stack::readable(page)) return false;
  }
  return true;
}

bool is_unchanged(Kept kept) {
  const uintptr_t context = context_of(kept);
  return is_readable(context, sizeof(ucontext_t)) &&
         is_readable(info_beside(context), sizeof(siginfo_t)) && keep(frame_of(kept)) == kept;
}

bool lies_on(const stack_t& stack, uintptr_t address) {
  return (stack.ss_flags & SS_DISABLE) == 0 &&
         address - reinterpret_cast<uintptr_t>(stack.ss_sp) < stack.ss_size;
}

bool is_same_stack(const stack_t& alternate, uintptr_t a, uintptr_t b) {
  return lies_on(alternate, a) == lies_on(alternate, b);
}

// Whether a handler may still be running where this one begins: not if it would have to lie on top.
bool may_enclose(Kept kept, const ucontext_t& context) {
  const auto at = reinterpret_cast<uintptr_t>(&context);
  return !is_same_stack(context.uc_stack, context_of(kept), at) || context_of(kept) > at;
}

}  // namespace

void enter_frame(const HandlerFrame& frame) {
  const auto context = reinterpret_cast<uintptr_t>(frame.context);
  // Laid out by somebody else than Linux.
  if (info_beside(context) != reinterpret_cast<uintptr_t>(frame.info)) return;
  const uint32_t pid = os::process_id();
  if (g_pid.load(std::memory_order_relaxed) != pid) {
    for (Kept& kept : t_frames) kept = 0;
    g_pid.store(pid, std::memory_order_relaxed);
  }
  Kept frames[kNested + 1] = {keep(frame)};
  uint32_t count = 1;
  for (const Kept kept : t_frames) {
    if (kept != 0 && may_enclose(kept, *frame.context)) frames[count++] = kept;
  }
  if (count > kNested) {
    count = 1;
    for (uint32_t i = 1; i <= kNested; ++i) {
      if (is_unchanged(frames[i])) frames[count++] = frames[i];
    }
  }
  // The outermost one has a claim to stay.
  if (count > kNested) frames[kNested - 1] = frames[kNested];
  for (uint32_t i = 0; i < kNested; ++i) t_frames[i] = i < count ? frames[i] : 0;
}

bool find_enclosing_handler(HandlerFrame& frame) {
  if (g_pid.load(std::memory_order_relaxed) != os::process_id()) return false;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  for (uint32_t i = kNested; i-- > 0;) {
    const uintptr_t context = context_of(t_frames[i]);
    if (context <= here || context - here > kDeepestHandler || !is_unchanged(t_frames[i])) continue;
    frame = frame_of(t_frames[i]);
    if (is_same_stack(frame.context->uc_stack, context, here)) return true;
  }
  return false;
}

}  // namespace dbgtrace::hooks::crash
