// SPDX-License-Identifier: Apache-2.0
// Time from the vdso: no system call where the kernel's clock source allows it.
#pragma once

#include <time.h>

#include <cstdint>

namespace dbgtrace::hooks::os {

// Thread-safety: any. Signal-safety: yes. Allocates: never.
inline uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t unix_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

// A cheap counter of constant rate, for measuring the recorder itself.
inline uint64_t cycles() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#endif
}

}  // namespace dbgtrace::hooks::os
