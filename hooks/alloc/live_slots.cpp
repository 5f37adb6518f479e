// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_slots.hpp"

#include <algorithm>

namespace dbgtrace::hooks::alloc {
void LiveSlots::start(const ring::Ledger& ledger) {
  ledger_ = &ledger;
  const ring::Section& section = ledger.section(ring::SectionKind::kLive);
  live_ = reinterpret_cast<ring::Live*>(ledger.base() + section.offset_bytes);
  capacity_ = section.capacity;
  touched_.store(0, std::memory_order_relaxed);
  for (List& list : lists_) list.head.store(0, std::memory_order_relaxed);
}

// Where one thread allocates and another one frees, the slots gather at the other one.
uint32_t LiveSlots::take_elsewhere(uint32_t thread, ring::Threads threads) {
  for (uint32_t i = 1; i < kLists; ++i) {
    if (const uint32_t slot = pop(lists_[(thread + i) % kLists], threads); slot != kNoSlot)
      return slot;
  }
  return take_batch(lists_[thread % kLists], threads);
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
  for (uint32_t slot = first + 1; slot + 1 < first + count; ++slot) set_link(slot, slot + 2);
  if (count > 1) push(list, first + 1, first + count - 1, threads);
  return first;
}

}  // namespace dbgtrace::hooks::alloc
