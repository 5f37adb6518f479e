// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/handled_faults.hpp"

#include <atomic>
#include <iterator>

#include "hooks/crash/crash_head.hpp"
#include "hooks/crash/registers.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};

}  // namespace

void count_handled(ring::BlackBox& box, uint64_t time_us, uint32_t tid, int signal,
                   const siginfo_t& info, const ucontext_t& context) {
  uint32_t index = 0;
  while (index < std::size(kSignals) && kSignals[index] != signal) ++index;
  if (index == std::size(kSignals)) return;
  ring::HandledFault& handled = box.handled[index];
  std::atomic_ref<uint64_t>(handled.count).fetch_add(1, std::memory_order_relaxed);
  uintptr_t address = 0;
  find_fault_address(signal, info, address);
  handled.last_code = info.si_code;
  handled.last_us = time_us;
  handled.last_address = address;
  handled.last_pc = program_counter(context);
  handled.last_tid = tid;
  std::atomic_ref<uint32_t>(handled.signal)
      .store(static_cast<uint32_t>(signal), std::memory_order_release);
}

void add_minor(ring::BlackBox& box, uint64_t time_us, uint32_t tid, int signal,
               const siginfo_t& info, const ucontext_t& context) {
  const uint32_t index =
      std::atomic_ref<uint32_t>(box.minor_used).fetch_add(1, std::memory_order_relaxed);
  if (index >= ring::kMinorCrashes) return;
  ring::MinorCrash& minor = box.minor[index];
  uintptr_t address = 0;
  find_fault_address(signal, info, address);
  minor.signal = signal;
  minor.code = info.si_code;
  minor.time_us = time_us;
  minor.fault_address = address;
  minor.pc = program_counter(context);
  minor.sp = stack_pointer(context);
  std::atomic_ref<uint32_t>(minor.tid).store(tid, std::memory_order_release);
}

}  // namespace dbgtrace::hooks::crash
