// SPDX-License-Identifier: Apache-2.0
// One stack, three unwinders: ours, libunwind's unw_step and libgcc's _Unwind_Backtrace. The first
// frame that is compared is the caller of check_here(), or what a signal interrupted.
#pragma once

#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <vector>

namespace unwind_compare {

struct Tally {
  uint64_t walks = 0;
  uint64_t frames = 0;
  uint64_t different_from_libunwind = 0;
  uint64_t different_from_libgcc = 0;
  uint64_t complex = 0;  // ours stopped, on purpose, at a rule that it cannot hold
};

// Resolves the loader's index and libunwind (opened privately: its _Unwind_* must not replace those
// that this program's exceptions use). False: libunwind is not there.
bool load_unwinders();

// From ordinary code: three unwinders, and walks with and without a memo. The latter alone is
// quick.
void check_here();
extern bool only_memo;
void check_in_handler(const ucontext_t& from);  // from a signal handler, on what it interrupted

// For the benchmark; each returns the number of frames.
unsigned walk_with_ours();
unsigned walk_with_libgcc();
unsigned walk_with_unw_step();
unsigned walk_with_unw_backtrace();

extern Tally ordinary;
extern Tally asynchronous;
extern thread_local bool is_comparing;  // a handler must not interrupt libunwind with libunwind

}  // namespace unwind_compare
