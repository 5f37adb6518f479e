// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/crash_head.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cstring>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/crash/registers.hpp"
#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::crash {
namespace {

void fill_sender(ring::CrashHead& head, const siginfo_t& info) {
  if (info.si_code > 0) return;
  head.sender_pid = info.si_pid;
  head.sender_uid = info.si_uid;
  if (info.si_code == SI_QUEUE) head.value = reinterpret_cast<uint64_t>(info.si_value.sival_ptr);
}

void fill_name(const Scene& scene, ring::CrashHead& head) {
  if (scene.system_calls) {
    os::raw_syscall(SYS_prctl, PR_GET_NAME, os::as_argument(head.thread_name));
    return;
  }
  const auto* thread =
      scene.ledger->entry<ring::Thread>(ring::SectionKind::kThreads, alloc::t_state.thread);
  if (thread != nullptr) std::memcpy(head.thread_name, thread->name, sizeof(head.thread_name));
}

void fill_alternate_stack(ring::CrashHead& head, const ucontext_t& context, uintptr_t sp) {
  const stack_t& stack = context.uc_stack;
  if ((stack.ss_flags & SS_DISABLE) != 0 || stack.ss_size == 0) return;
  head.alternate_low = reinterpret_cast<uintptr_t>(stack.ss_sp);
  head.alternate_high = head.alternate_low + stack.ss_size;
  if (sp >= head.alternate_low && sp < head.alternate_high) {
    head.flags |= ring::kCrashOnAlternateStack;
  }
}

}  // namespace

bool find_fault_address(int signal, const siginfo_t& info, uintptr_t& address) {
  address = 0;
  if (info.si_code <= 0 || info.si_code == SI_KERNEL || signal == SIGABRT) return false;
  address = signal == SIGSYS ? reinterpret_cast<uintptr_t>(info.si_call_addr)
                             : reinterpret_cast<uintptr_t>(info.si_addr);
  return true;
}

void keep_head(Scene& scene) {
  ring::CrashHead head{};
  const siginfo_t& info = *scene.info;
  head.pid = scene.pid;
  head.signal = scene.signal;
  head.code = info.si_code;
  head.error = info.si_errno;
  head.flags = scene.flags;
  head.time_us = scene.time_us;
  head.fault_address = scene.fault_address;
  fill_sender(head, info);
  if (scene.signal == SIGSYS) {
    head.value = uint64_t{static_cast<uint32_t>(info.si_syscall)} << 32 | info.si_arch;
  }
  head.trap_number = trap_number(*scene.context);
  head.error_code = error_code(*scene.context);
  head.stack_low = alloc::t_state.bounds.low;
  head.stack_high = alloc::t_state.bounds.high;
  fill_alternate_stack(head, *scene.context, scene.sp);
  head.blocked_signals = blocked_signals(*scene.context);
  fill_name(scene, head);
  std::memcpy(head.siginfo, &info, std::min(sizeof(head.siginfo), sizeof(info)));
  head.register_count = scene.register_count;
  std::memcpy(head.registers, scene.registers, sizeof(head.registers));
  scene.box->put_crash(head, scene.tid);
}

}  // namespace dbgtrace::hooks::crash
