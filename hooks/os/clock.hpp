// SPDX-License-Identifier: Apache-2.0
// Time from the vdso: no system call where the kernel's clock source allows it. Strict seccomp also
// takes the time stamp counter away (reading it is a SIGSEGV, in the vdso as well), so behind a
// sandbox only the coarse clock is read.
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::os {

inline constinit std::atomic<bool> g_counter_forbidden{false};

// From now on without the time stamp counter: time moves in steps of a few milliseconds, cycles()
// stands still.
inline void forbid_counter() { g_counter_forbidden.store(true, std::memory_order_relaxed); }

// Thread-safety: any. Signal-safety: yes. Allocates: never.
inline uint64_t monotonic_ns() {
  timespec now{};
  const bool coarse = g_counter_forbidden.load(std::memory_order_relaxed);
  clock_gettime(coarse ? CLOCK_MONOTONIC_COARSE : CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t unix_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// CPU time of all threads of the process. A system call.
inline uint64_t process_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000u + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

// A cheap counter of constant rate, for measuring the recorder itself.
inline uint64_t cycles() {
  if (g_counter_forbidden.load(std::memory_order_relaxed)) return 0;
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#endif
}

}  // namespace dbgtrace::hooks::os
