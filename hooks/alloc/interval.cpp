// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/interval.hpp"

#include <algorithm>

#include "hooks/alloc/free_filter.hpp"

namespace dbgtrace::hooks::alloc {
void Interval::start(uint64_t interval_bytes, uint32_t capacity) {
  bytes_.store(interval_bytes, std::memory_order_relaxed);
  finest_.store(interval_bytes, std::memory_order_relaxed);
  const uint32_t limit =
      interval_bytes == 1 ? capacity / 8 * 7 : std::min(FreeFilter::kSlots / 4, capacity / 2);
  limit_.store(limit, std::memory_order_relaxed);
  end_.store(interval_bytes == 1 ? capacity / 16 * 15 : capacity / 8 * 7,
             std::memory_order_relaxed);
}

void Interval::grow_by_fill(const ring::Ledger& ledger, ring::EventWriter& events, uint32_t used,
                            uint64_t time_us) {
  uint32_t limit = limit_.load(std::memory_order_relaxed);
  if (used <= limit) return;
  // One thread changes it. The next change comes when an eighth of the room that is left has been
  // taken, so that the table nears its end ever more slowly and never meets it.
  const uint32_t end = end_.load(std::memory_order_relaxed);
  const uint32_t step = std::max(limit < end ? (end - limit) / 8 : 0, 1u);
  if (!limit_.compare_exchange_strong(limit, limit + step, std::memory_order_relaxed)) return;
  const uint64_t old = bytes(), finest = finest_bytes();
  finest_.store(std::min(finest == 1 ? kFirstSampled : finest * 2, kLargest),
                std::memory_order_relaxed);
  change(ledger, events, old, old == 1 ? kFirstSampled : old * 2, ring::IntervalCause::kTable,
         time_us);
}

bool Interval::change(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t old,
                      uint64_t next, ring::IntervalCause cause, uint64_t time_us) {
  next = std::min(next, kLargest);
  if (next == old || !bytes_.compare_exchange_strong(old, next, std::memory_order_relaxed))
    return false;
  ring::LiveHeader& live = ledger.live();
  std::atomic_ref<uint64_t>(live.interval_bytes).store(next, std::memory_order_relaxed);
  if (old == 1) {
    std::atomic_ref<uint64_t>(live.exact_until_us).store(time_us, std::memory_order_relaxed);
  }
  std::atomic_ref<uint32_t> used(live.interval_changes_used);
  const uint32_t number = used.fetch_add(1, std::memory_order_relaxed);
  if (number < ring::kMaxIntervalChanges) {
    ring::IntervalChange& change = live.interval_changes[number];
    change.time_us = time_us;
    std::atomic_ref<uint64_t>(change.interval_cause)
        .store(next | uint64_t{static_cast<uint32_t>(cause)} << 56, std::memory_order_release);
  }
  events.write(ring::EventKind::kInterval, 0, 0, time_us, static_cast<uint32_t>(cause), next, 0);
  return true;
}

}  // namespace dbgtrace::hooks::alloc
