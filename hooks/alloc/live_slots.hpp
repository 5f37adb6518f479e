// SPDX-License-Identifier: Apache-2.0
// Hands out the slots of the live table, densely: what was freed last is used first, and the table
// is touched no further than the most blocks that ever lived at a time. Free slots hang in lists,
// one for some threads each, linked through the slots themselves (their key is zero, so no reader
// looks at the rest).
//
//   lists   [tag | 5] -> slot 4 -> slot 9 -> none        live   | taken ... | never taken ... |
//                                                                           ^ touched
//
// The links lie in the mapped file, where others may scribble: a slot that is out of range ends its
// list, so that the worst is a wrong figure.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/counting.hpp"
#include "ring/ledger.hpp"

namespace dbgtrace::hooks::alloc {

inline constexpr uint32_t kNoSlot = ~0u;

// Thread-safety: yes, lock-free. Signal-safety: yes; who leaves by longjmp in the middle loses at
// most a few slots. Allocates: never.
class LiveSlots {
 public:
  constexpr LiveSlots() = default;

  // A new recording: every slot is free.
  void start(const ring::Ledger& ledger);
  // In a forked child, whose file is not there yet: no slot holds anything.
  void forget() { touched_.store(0, std::memory_order_relaxed); }

  // thread: whose list is used first. kNoSlot: the table is full, or the disk refused the space.
  uint32_t take(uint32_t thread, ring::Threads threads);
  void give_back(uint32_t slot, uint32_t thread, ring::Threads threads);

  // A slot that was taken.
  ring::Live& at(uint32_t slot) const { return live_[slot]; }

  // The address of the block in a slot, 0 if there is none.
  uintptr_t address_at(uint32_t slot) const {
    if (slot >= touched_.load(std::memory_order_acquire)) return 0;
    return __atomic_load_n(&live_[slot].address_state, __ATOMIC_RELAXED) & ring::kAddressMask;
  }

  // The most slots that were ever taken at a time, a little rounded up.
  uint32_t touched() const { return touched_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kLists = 16;
  static constexpr uint32_t kBatch = 32;

  struct alignas(64) List {
    std::atomic<uint64_t> head{0};  // changes << 32 | slot + 1
  };

  uint32_t pop(List& list, ring::Threads threads);
  void push(List& list, uint32_t first, uint32_t last, ring::Threads threads);
  uint32_t take_batch(List& list, ring::Threads threads);

  const ring::Ledger* ledger_ = nullptr;
  ring::Live* live_ = nullptr;
  uint32_t capacity_ = 0;
  std::atomic<uint32_t> touched_{0};
  List lists_[kLists];
};

}  // namespace dbgtrace::hooks::alloc
