// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/handled_faults.hpp"

#include <atomic>
#include <cstring>

#include "hooks/crash/crash_head.hpp"
#include "hooks/crash/registers.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
constexpr uint32_t kNoted = 16;

// Written by one thread at a time as long as no two meet in a slot; then the later one holds and a
// reader that finds an odd version, or another thread, has none.
struct Slot {
  std::atomic<uint32_t> version{0};
  std::atomic<uintptr_t> thread{0};
  NotedFault fault = {};
};
constinit Slot g_noted[kNoted];

uintptr_t this_thread() { return reinterpret_cast<uintptr_t>(__builtin_thread_pointer()); }

Slot& slot_of(uintptr_t thread) { return g_noted[(thread >> 8) * 0x9e3779b97f4a7c15 >> 60]; }
static_assert(kNoted == 16);

void keep(const siginfo_t& info, const ucontext_t& context) {
  const uintptr_t thread = this_thread();
  Slot& slot = slot_of(thread);
  uint32_t version = slot.version.load(std::memory_order_relaxed);
  if (version % 2 != 0) {
    // Ours: this very function was left by a siglongjmp out of another signal.
    if (slot.thread.load(std::memory_order_relaxed) != thread) return;
  } else if (!slot.version.compare_exchange_strong(version, version + 1)) {
    return;
  }
  slot.thread.store(thread, std::memory_order_relaxed);
  std::memcpy(&slot.fault.info, &info, sizeof(info));
  slot.fault.machine = context.uc_mcontext;
#if defined(__x86_64__)
  slot.fault.machine.fpregs = nullptr;
#endif
  slot.fault.blocked_signals = blocked_signals(context);
  slot.version.store((version | 1) + 1, std::memory_order_release);
}

}  // namespace

void count_handled(ring::BlackBox* box, uint64_t time_us, uint32_t tid, int signal,
                   const siginfo_t& info, const ucontext_t& context) {
  keep(info, context);
  if (box == nullptr) return;
  uint32_t index = 0;
  while (index < std::size(kSignals) && kSignals[index] != signal) ++index;
  if (index == std::size(kSignals)) return;
  ring::HandledFault& handled = box->handled[index];
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

bool find_noted(int signal, NotedFault& fault) {
  const uintptr_t thread = this_thread();
  Slot& slot = slot_of(thread);
  const uint32_t version = slot.version.load(std::memory_order_acquire);
  if (version % 2 != 0 || slot.thread.load(std::memory_order_relaxed) != thread) return false;
  std::memcpy(&fault, &slot.fault, sizeof(fault));
  std::atomic_thread_fence(std::memory_order_acquire);
  return slot.version.load(std::memory_order_relaxed) == version && fault.info.si_signo == signal;
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
