// SPDX-License-Identifier: Apache-2.0
// The newest frees: a ring of entries, the oldest one overwritten in place.
#pragma once

#include "ring/counting.hpp"
#include "ring/ledger.hpp"

namespace dbgtrace::ring {

inline constexpr uint64_t kAgeMask = (uint64_t{1} << 40) - 1;

// Thread-safety: yes; an entry is torn only if as many frees as there are entries come while it is
// written. Signal-safety: yes. Allocates: never.
inline void note_freed(const Ledger& ledger, const Freed& freed, Threads threads) {
  const uint32_t capacity = ledger.section(SectionKind::kFreed).capacity;
  const uint64_t number = fetch_add(ledger.live().freed_count, 1, threads);
  auto* place = ledger.entry_in_page<Freed>(SectionKind::kFreed, number & (capacity - 1));
  if (place == nullptr) return;
  std::atomic_ref<uint64_t> key(place->address_thread);
  key.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  place->time_weight = freed.time_weight;
  place->size_site = freed.size_site;
  place->age_site = freed.age_site;
  key.store(freed.address_thread, std::memory_order_release);
}

}  // namespace dbgtrace::ring
