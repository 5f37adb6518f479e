// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/newcomers.hpp"

namespace dbgtrace::hooks::alloc {

constinit Newcomers g_newcomers;

void Newcomers::forget() {
  if (!used_.exchange(false, std::memory_order_relaxed)) return;
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
}

bool Newcomers::keeps_out(uint64_t stack_hash) {
  if (!used_.load(std::memory_order_relaxed)) [[likely]]
    return false;
  auto& slot = slot_of(stack_hash);
  const uint64_t word = slot.load(std::memory_order_relaxed);
  if ((word & ~kCountMask) != tag_of(stack_hash)) return false;
  const uint64_t count = word & kCountMask;
  if (count == kCountMask || (count & (count + 1)) == 0) return false;
  slot.store(word + 1, std::memory_order_relaxed);
  return true;
}

bool Newcomers::admits(const ring::Ledger& ledger, uint64_t stack_hash) {
  used_.store(true, std::memory_order_relaxed);
  auto& slot = slot_of(stack_hash);
  const uint64_t word = slot.load(std::memory_order_relaxed);
  if ((word & ~kCountMask) != tag_of(stack_hash)) {
    // Another stack is counted here: it gives way when it has been met by as many others.
    const bool gives_way = (word & kCountMask) <= 1;
    slot.store(gives_way ? tag_of(stack_hash) | 1 : word - 1, std::memory_order_relaxed);
    return false;
  }
  const uint64_t count = (word & kCountMask) + ((word & kCountMask) != kCountMask ? 1 : 0);
  slot.store(tag_of(stack_hash) | count, std::memory_order_relaxed);
  const uint64_t price = ring::price_of_site(ledger, stack_hash);
  const bool admitted = price != ring::kNoVacancy && (count > price || count == kCountMask);
  if (admitted) slot.store(0, std::memory_order_relaxed);
  return admitted;
}

}  // namespace dbgtrace::hooks::alloc
