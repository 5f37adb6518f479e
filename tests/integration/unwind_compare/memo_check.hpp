// SPDX-License-Identifier: Apache-2.0
// One stack, walked with the thread's memo and without: frames, hash and end must be the same.
// Signal handlers may come in the middle of it, walk themselves, and leave by siglongjmp.
#pragma once

#include <cstdint>
#include <cstdio>

#include "hooks/stack/registers.hpp"

namespace unwind_compare {

struct MemoTally {
  uint64_t walks = 0;    // with a memo
  uint64_t refused = 0;  // not the thread's own stack, too deep, in the middle of another walk
  uint64_t frames = 0;
  uint64_t different = 0;
  uint64_t interrupted = 0;  // walks that a handler came into
  uint64_t left = 0;         // by siglongjmp
};
extern MemoTally memo_tally;

// The state of the calling thread, as a hook would give it.
void check_memo(const dbgtrace::hooks::stack::Registers& start);

// From a signal handler: if it came into a walk of check_memo, walks on top of it, and may not
// return.
void interrupt_memo(const dbgtrace::hooks::stack::Registers& start);

// For the benchmark: the number of frames.
unsigned walk_with_memo();

}  // namespace unwind_compare
