// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_slots.hpp"

#include <algorithm>

namespace dbgtrace::hooks::alloc {
namespace {

uint64_t next_head(uint64_t head, uint32_t link) { return ((head >> 32) + 1) << 32 | link; }

// The slot behind a free one, plus 1; 0: none.
uint32_t link_of(const ring::Live& slot) {
  return static_cast<uint32_t>(__atomic_load_n(&slot.size_site, __ATOMIC_RELAXED));
}

void set_link(ring::Live& slot, uint32_t link) {
  __atomic_store_n(&slot.size_site, link, __ATOMIC_RELAXED);
}

}  // namespace

void LiveSlots::start(const ring::Ledger& ledger) {
  ledger_ = &ledger;
  const ring::Section& section = ledger.section(ring::SectionKind::kLive);
  live_ = reinterpret_cast<ring::Live*>(ledger.base() + section.offset_bytes);
  capacity_ = section.capacity;
  touched_.store(0, std::memory_order_relaxed);
  for (List& list : lists_) list.head.store(0, std::memory_order_relaxed);
}

uint32_t LiveSlots::take(uint32_t thread, ring::Threads threads) {
  List& own = lists_[thread % kLists];
  if (const uint32_t slot = pop(own, threads); slot != kNoSlot) [[likely]]
    return slot;
  // Where one thread allocates and another one frees, the slots gather at the other one.
  for (uint32_t i = 1; i < kLists; ++i) {
    if (const uint32_t slot = pop(lists_[(thread + i) % kLists], threads); slot != kNoSlot)
      return slot;
  }
  return take_batch(own, threads);
}

void LiveSlots::give_back(uint32_t slot, uint32_t thread, ring::Threads threads) {
  push(lists_[thread % kLists], slot, slot, threads);
}

uint32_t LiveSlots::pop(List& list, ring::Threads threads) {
  uint64_t head = list.head.load(std::memory_order_acquire);
  for (;;) {
    const uint32_t slot = static_cast<uint32_t>(head) - 1;
    if (slot >= touched()) return kNoSlot;
    const uint32_t link = link_of(live_[slot]);
    if (ring::replace(list.head, head, next_head(head, link), threads)) return slot;
  }
}

void LiveSlots::push(List& list, uint32_t first, uint32_t last, ring::Threads threads) {
  uint64_t head = list.head.load(std::memory_order_relaxed);
  do {
    set_link(live_[last], static_cast<uint32_t>(head));
  } while (!ring::replace(list.head, head, next_head(head, first + 1), threads));
}

uint32_t LiveSlots::take_batch(List& list, ring::Threads threads) {
  uint32_t first = touched();
  uint32_t count;
  do {
    count = std::min(kBatch, capacity_ - first);
    if (count == 0) return kNoSlot;
    const uint64_t offset_bytes = reinterpret_cast<std::byte*>(live_ + first) - ledger_->base();
    if (ledger_->bytes(offset_bytes, uint64_t{count} * sizeof(ring::Live)) == nullptr)
      return kNoSlot;
  } while (!ring::replace(touched_, first, first + count, threads));
  for (uint32_t slot = first + 1; slot + 1 < first + count; ++slot) set_link(live_[slot], slot + 2);
  if (count > 1) push(list, first + 1, first + count - 1, threads);
  return first;
}

}  // namespace dbgtrace::hooks::alloc
