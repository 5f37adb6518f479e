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
  uint32_t take(uint32_t thread, ring::Threads threads) {
    const uint32_t slot = pop(lists_[thread % kLists], threads);
    return slot != kNoSlot ? slot : take_elsewhere(thread, threads);
  }
  void give_back(uint32_t slot, uint32_t thread, ring::Threads threads) {
    push(lists_[thread % kLists], slot, slot, threads);
  }

  // A slot that was taken.
  ring::Live& at(uint32_t slot) const { return live_[slot]; }

  // The address of the block in a slot, 0 if there is none.
  uintptr_t address_at(uint32_t slot) const {
    if (slot >= touched_.load(std::memory_order_acquire)) return 0;
    return __atomic_load_n(&live_[slot].address_state, __ATOMIC_RELAXED) & ring::kAddressMask;
  }

  // A slot that will be looked at soon, if it is one.
  void fetch(uint32_t slot) const { __builtin_prefetch(live_ + slot); }

  // The most slots that were ever taken at a time, a little rounded up.
  uint32_t touched() const { return touched_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kLists = 16;
  static constexpr uint32_t kBatch = 32;

  struct alignas(64) List {
    std::atomic<uint64_t> head{0};  // changes << 32 | slot + 1
  };

  static uint64_t next_head(uint64_t head, uint32_t link) {
    return ((head >> 32) + 1) << 32 | link;
  }
  // A free slot's link: the slot behind it, plus 1; 0: none.
  uint32_t pop(List& list, ring::Threads threads) {
    uint64_t head = list.head.load(std::memory_order_acquire);
    for (;;) {
      const uint32_t slot = static_cast<uint32_t>(head) - 1;
      if (slot >= touched()) [[unlikely]]
        return kNoSlot;
      const auto link =
          static_cast<uint32_t>(__atomic_load_n(&live_[slot].size_site, __ATOMIC_RELAXED));
      if (ring::replace(list.head, head, next_head(head, link), threads)) [[likely]]
        return slot;
    }
  }
  // A chain of slots.
  void push(List& list, uint32_t first, uint32_t last, ring::Threads threads) {
    uint64_t head = list.head.load(std::memory_order_relaxed);
    do {
      set_link(last, static_cast<uint32_t>(head));
    } while (!ring::replace(list.head, head, next_head(head, first + 1), threads));
  }
  void set_link(uint32_t slot, uint32_t link) {
    __atomic_store_n(&live_[slot].size_site, link, __ATOMIC_RELAXED);
  }
  uint32_t take_elsewhere(uint32_t thread, ring::Threads threads);
  uint32_t take_batch(List& list, ring::Threads threads);

  const ring::Ledger* ledger_ = nullptr;
  ring::Live* live_ = nullptr;
  uint32_t capacity_ = 0;
  std::atomic<uint32_t> touched_{0};
  List lists_[kLists];
};

}  // namespace dbgtrace::hooks::alloc
