// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/interval.hpp"

#include <algorithm>

#include "hooks/alloc/free_filter.hpp"

namespace dbgtrace::hooks::alloc {
namespace {
// After "every allocation": doubling from 1 would change nothing for a while.
constexpr uint64_t kFirstSampled = 64;
constexpr uint64_t kLargest = uint64_t{1} << 34;
}  // namespace

void Interval::start(uint64_t interval_bytes, uint32_t capacity) {
  bytes_.store(interval_bytes, std::memory_order_relaxed);
  const uint32_t limit =
      interval_bytes == 1 ? capacity / 8 * 7 : std::min(FreeFilter::kSlots / 4, capacity / 2);
  limit_.store(limit, std::memory_order_relaxed);
  end_.store(interval_bytes == 1 ? capacity / 16 * 15 : capacity / 8 * 7,
             std::memory_order_relaxed);
}

void Interval::note_fill(const ring::Ledger& ledger, ring::EventWriter& events, uint32_t used,
                         uint64_t time_us) {
  uint32_t limit = limit_.load(std::memory_order_relaxed);
  if (used <= limit) [[likely]]
    return;
  // One thread changes it. The next change comes when an eighth of the room that is left has been
  // taken, so that the table nears its end ever more slowly and never meets it.
  const uint32_t end = end_.load(std::memory_order_relaxed);
  const uint32_t step = std::max(limit < end ? (end - limit) / 8 : 0, 1u);
  if (!limit_.compare_exchange_strong(limit, limit + step, std::memory_order_relaxed)) return;
  const uint64_t old = bytes();
  if (old >= kLargest) return;
  const uint64_t next = old == 1 ? kFirstSampled : old * 2;
  bytes_.store(next, std::memory_order_relaxed);
  std::atomic_ref<uint64_t>(ledger.live().interval_bytes).store(next, std::memory_order_relaxed);
  if (old == 1)
    std::atomic_ref<uint64_t>(ledger.live().exact_until_us)
        .store(time_us, std::memory_order_relaxed);
  events.write(ring::EventKind::kInterval, 0, 0, time_us, 1, next, used);
}

}  // namespace dbgtrace::hooks::alloc
