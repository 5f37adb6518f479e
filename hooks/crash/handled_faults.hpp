// SPDX-License-Identifier: Apache-2.0
// Faults that the program's own handlers get: counted per signal in the black box, since a runtime
// lives by thousands of them; and crashes beside the one that is recorded in full.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>

#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

// A few stores, no system call. Thread-safety: yes. Signal-safety: yes. Allocates: never.
void count_handled(ring::BlackBox& box, uint64_t time_us, uint32_t tid, int signal,
                   const siginfo_t& info, const ucontext_t& context);

// A crash beside the one that is recorded in full.
void add_minor(ring::BlackBox& box, uint64_t time_us, uint32_t tid, int signal,
               const siginfo_t& info, const ucontext_t& context);

}  // namespace dbgtrace::hooks::crash
