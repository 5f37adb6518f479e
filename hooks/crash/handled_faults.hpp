// SPDX-License-Identifier: Apache-2.0
// Faults that the program's own handlers get: counted per signal in the black box, since a runtime
// lives by thousands of them. The newest few are kept in private memory with their registers: one
// becomes the crash if the process ends inside that handler.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>

#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

struct NotedFault {
  siginfo_t info;
  mcontext_t machine;  // without the floating point state, which lies elsewhere
  uint64_t blocked_signals;
};

// box: null if there is none. A few stores, no system call. Thread-safety: yes.
// Signal-safety: yes. Allocates: never.
void count_handled(ring::BlackBox* box, uint64_t time_us, uint32_t tid, int signal,
                   const siginfo_t& info, const ucontext_t& context);

// The fault of this signal that the calling thread noted last; false: none, or another thread's
// took its place.
bool find_noted(int signal, NotedFault& fault);

// A crash beside the one that is recorded in full.
void add_minor(ring::BlackBox& box, uint64_t time_us, uint32_t tid, int signal,
               const siginfo_t& info, const ucontext_t& context);

}  // namespace dbgtrace::hooks::crash
