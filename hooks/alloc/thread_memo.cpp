// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/thread_memo.hpp"

#include "hooks/stack/memo_pool.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

// A thread of a few samples is not worth a memo; nor is it to look for a free one each time.
constexpr uint32_t kWalksBetweenTries = 16;
constexpr uint32_t kNeverAgain = ~0u;

constinit stack::MemoPool g_memo_pool;

}  // namespace

void start_memos(bool every_allocation, stack::SystemCalls calls) {
  g_memo_pool.start(every_allocation, calls);
}

void forget_memos() { g_memo_pool.forget_all(); }

stack::StackMemo* look_for_memo(stack::SystemCalls calls) {
  ThreadState& thread = t_state;
  thread.memo = nullptr;  // the parent's, in a forked child
  if (thread.walks_without_memo == kNeverAgain) return nullptr;
  if (++thread.walks_without_memo % kWalksBetweenTries != 0) return nullptr;
  thread.memo_recording = process::g_session.number();
  return thread.memo = g_memo_pool.take(calls);
}

void grow_memo(stack::StackMemo& memo) { g_memo_pool.grow(memo); }

void end_memo() {
  ThreadState& thread = t_state;
  stack::StackMemo* memo = thread.memo;
  thread.memo = nullptr;
  thread.walks_without_memo = kNeverAgain;
  if (memo != nullptr && thread.memo_recording == process::g_session.number()) {
    g_memo_pool.give_back(memo);
  }
}

}  // namespace dbgtrace::hooks::alloc
