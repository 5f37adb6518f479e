// SPDX-License-Identifier: Apache-2.0
// The calling thread's memo of its stack: taken when the thread has shown that it is sampled often,
// given back when it ends.
#pragma once

#include "hooks/alloc/thread_state.hpp"
#include "hooks/process/session.hpp"
#include "hooks/stack/memo.hpp"

namespace dbgtrace::hooks::alloc {

// When a recording begins, and in a forked child before its own does. Thread-safety: no walk of
// this process is under way. Allocates: one mmap, once.
void start_memos(bool every_allocation, stack::SystemCalls calls);
void forget_memos();

// Null: this thread has none (yet). Thread-safety: yes. Signal-safety: yes. Allocates: never.
stack::StackMemo* look_for_memo(stack::SystemCalls calls);
// The one that the thread has already.
inline stack::StackMemo* known_memo() {
  const ThreadState& thread = t_state;
  return thread.memo_recording == process::g_session.number() ? thread.memo : nullptr;
}
inline stack::StackMemo* this_memo(stack::SystemCalls calls) {
  stack::StackMemo* memo = known_memo();
  return memo != nullptr ? memo : look_for_memo(calls);
}

// The thread's stacks do not fit: more room, if there is any. Not in a walk.
void grow_memo(stack::StackMemo& memo);

// The thread ends; what it allocates from now on is walked without a memo.
void end_memo();

}  // namespace dbgtrace::hooks::alloc
