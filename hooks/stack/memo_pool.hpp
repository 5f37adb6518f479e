// SPDX-License-Identifier: Apache-2.0
// The memory of all memos: one mapping, of which a slot is touched as far as its thread's stacks
// are deep. A thread that finds no slot walks without a memo, which costs time, never truth.
#pragma once

#include <atomic>
#include <cstdint>

#include "hooks/stack/memo.hpp"

namespace dbgtrace::hooks::stack {

// Thread-safety: yes, but start() and forget_all(). Signal-safety: yes. Allocates: never (one mmap
// in start()).
class MemoPool {
 public:
  // What is touched at most: every allocation of every thread is walked, or a few in a second.
  static constexpr uint64_t bytes_for(bool every_allocation) {
    return every_allocation ? 2 << 20 : 256 << 10;
  }

  constexpr MemoPool() = default;

  // Once; without memory there are no memos. Its mmap is made in any case.
  void start(bool every_allocation, SystemCalls calls);
  // In a forked child, where the threads that had them do not exist, before it walks: all are free
  // again.
  void forget_all();

  // For the calling thread, until it gives it back; nullptr: none is left. Where system calls are
  // allowed, slots of threads that ended unseen are found again.
  StackMemo* take(SystemCalls calls);
  void give_back(StackMemo* memo);
  // Room for deeper stacks, if there is any; the memo forgets. It must be the calling thread's, and
  // not in a walk.
  void grow(StackMemo& memo);

 private:
  static constexpr uint32_t kMaxSlots = 128;

  static constexpr uint32_t kUnknownOwner = ~0u;

  void free_slot_of_the_dead();
  // Half of the spare memory may be taken for variants.
  bool has_variants(const StackMemo& memo);

  StackMemo* memos_ = nullptr;
  uint32_t slots_ = 0;
  std::atomic<int64_t> spare_bytes_{0};  // for growth, and for variants down to their floor
  int64_t variant_floor_bytes_ = 0;
  std::atomic<uint32_t> next_suspect_{0};
  std::atomic<uint32_t> owners_[kMaxSlots] = {};  // tids; 0: free
};

}  // namespace dbgtrace::hooks::stack
