// SPDX-License-Identifier: Apache-2.0
// Whether this process has one thread, as the C library itself asks before it leaves out a lock.
#pragma once

#include "ring/counting.hpp"

namespace dbgtrace::hooks::os {

inline constexpr char kNotKnown = 0;
inline constinit const char* g_single_threaded = &kNotKnown;

// variable: libc's __libc_single_threaded, where there is one (2.32).
inline void set_single_threaded(const void* variable) {
  if (variable != nullptr) g_single_threaded = static_cast<const char*>(variable);
}

// Thread-safety: any. Signal-safety: yes. Allocates: never. What a vfork child does, its parent
// waits for; a thread that was made by a bare clone() has no malloc of libc either.
inline ring::Threads threads_now() {
  const bool one = __atomic_load_n(g_single_threaded, __ATOMIC_RELAXED) != 0;
  return one ? ring::Threads::kOne : ring::Threads::kMany;
}

}  // namespace dbgtrace::hooks::os
