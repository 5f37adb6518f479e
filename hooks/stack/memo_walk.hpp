// SPDX-License-Identifier: Apache-2.0
// A walk by a memo: what its owner sees of the stack, and what was noted and stored of that.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "hooks/stack/memo.hpp"

namespace dbgtrace::hooks::stack {

// A stored stack (by the owner's reference, not 0) that shares its outermost `frames` frames with
// the one in the memo.
struct MemoParent {
  uint32_t reference;
  uint32_t frames;
};

// One walk. While it lives the memo is held for it. Thread-safety: the memo's thread only.
// Signal-safety: yes: what a handler took meanwhile is found out, see intact(). Allocates: never.
class MemoWalk {
 public:
  // `own` is the calling thread's, `start` its state.
  MemoWalk(StackMemo& memo, const Registers& start, StackBounds& own, SystemCalls calls);
  ~MemoWalk();
  MemoWalk(const MemoWalk&) = delete;
  MemoWalk& operator=(const MemoWalk&) = delete;

  // False: there is no result (not the thread's own stack, too deep, in the middle of another
  // walk); nothing else may be called. Walk without a memo.
  bool ok() const { return ok_; }
  // Whether what was read through this object is right: no handler took the memo meanwhile.
  bool intact() const {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return memo_.ticket_.load(std::memory_order_relaxed) == ticket_;
  }

  uint32_t count() const { return memo_.count_; }
  uint64_t hash() const { return memo_.frames_[memo_.count_].hash; }  // as stack_hash() of the pcs
  Step end() const { return memo_.end_; }
  void copy_pcs(std::span<uintptr_t> out) const;  // leaf first, as many as there is room for

  MemoNote note() const { return memo_.note_; }
  void set_note(MemoNote note) { memo_.note_ = note; }
  // As note(), with that tag; of an earlier walk of the same stack if there is none of the last
  // one.
  MemoNote note_with(uint32_t tag) {
    return memo_.note_.tag == tag ? memo_.note_ : old_note_with(tag);
  }
  // The same as set_note() and set_stored(), to be found later by note_with().
  void remember(MemoNote note, uint32_t stored);

  // The stored stack that shares the most frames; the next best one after one that will not do.
  MemoParent first_parent() const { return next_parent({0, count() + 1}); }
  MemoParent next_parent(MemoParent refused) const;  // reference 0: there is none
  // This whole stack is stored; 0: it is not.
  void set_stored(uint32_t reference) {
    for (uint32_t i = count(); i != 0 && memo_.frames_[i].stored == 0; --i)
      memo_.frames_[i].stored = reference;
  }

 private:
  bool begin(uintptr_t sp);
  MemoNote old_note_with(uint32_t tag);

  StackMemo& memo_;
  uint64_t ticket_ = 0;
  bool ok_ = false;
};

inline bool MemoWalk::begin(uintptr_t sp) {
  if (memo_.busy_sp_.load(std::memory_order_relaxed) != 0 && !memo_.take_over(sp)) return false;
  memo_.busy_sp_.store(sp, std::memory_order_relaxed);
  ticket_ = memo_.ticket_.load(std::memory_order_relaxed) + 1;
  memo_.ticket_.store(ticket_, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return true;
}

inline MemoWalk::MemoWalk(StackMemo& memo, const Registers& start, StackBounds& own,
                          SystemCalls calls)
    : memo_(memo) {
  ok_ = begin(start.sp) && memo_.walk(start, own, calls);
}

inline MemoWalk::~MemoWalk() {
  if (ticket_ == 0) return;
  // A handler on a stack above this one may have taken a live walk for a dead one.
  if (!intact()) [[unlikely]] {
    memo_.count_ = 0;
    memo_.ticket_.store(memo_.ticket_.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  memo_.busy_sp_.store(0, std::memory_order_relaxed);
}

}  // namespace dbgtrace::hooks::stack
