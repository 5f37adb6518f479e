// SPDX-License-Identifier: Apache-2.0
#include "ring/history_writer.hpp"

#include <bit>

#include "ring/weight.hpp"

namespace dbgtrace::ring {
namespace {

// Marks next_due_ds while one thread moves points; the others skip theirs, the series is thinner
// than that anyway.
constexpr uint32_t kBusy = 0xffffffff;

void thin(History& history) {
  const uint32_t kept = kHistoryPoints / 2;
  for (uint32_t i = 1; i < kept; ++i) history.points[i] = history.points[2 * i];
  std::atomic_ref<uint32_t>(history.points_used).store(kept, std::memory_order_release);
  history.step_ds *= 2;
}

}  // namespace

uint32_t lifetime_bucket(uint64_t lifetime_us) {
  if (lifetime_us == 0) return 0;
  const uint32_t bucket = static_cast<uint32_t>(std::bit_width(lifetime_us)) - 1;
  return bucket < kLifetimeBuckets ? bucket : kLifetimeBuckets - 1;
}

void note_site_point(History& history, uint64_t time_us, uint64_t live_bytes) {
  const auto time_ds = static_cast<uint32_t>(time_us / 100'000);
  std::atomic_ref<uint32_t> due(history.next_due_ds);
  uint32_t expected = due.load(std::memory_order_relaxed);
  if (expected == kBusy || (time_ds < expected)) {
    // Between two points the newest value replaces the last one, so that the series' end is the
    // present.
    const uint32_t used =
        std::atomic_ref<uint32_t>(history.points_used).load(std::memory_order_acquire);
    if (expected != kBusy && used > 0 && used <= kHistoryPoints) {
      HistoryPoint& last = history.points[used - 1];
      std::atomic_ref<uint64_t>(last.live_bytes).store(live_bytes, std::memory_order_relaxed);
    }
    return;
  }
  if (!due.compare_exchange_strong(expected, kBusy, std::memory_order_acquire)) return;
  if (history.points_used >= kHistoryPoints) thin(history);
  const uint32_t step_ds = history.step_ds == 0 ? 1 : history.step_ds;
  HistoryPoint& point = history.points[history.points_used];
  point.time_ds = time_ds;
  point.live_hits = static_cast<uint32_t>(Ledger::load(history.live_hits));
  point.live_bytes = live_bytes;
  std::atomic_ref<uint32_t>(history.points_used)
      .store(history.points_used + 1, std::memory_order_release);
  due.store(time_ds / step_ds * step_ds + step_ds, std::memory_order_release);
}

void note_birth(History& history) { Ledger::add(history.live_hits, 1); }

void note_death(History& history, uint64_t lifetime_us, uint16_t weight) {
  const uint32_t bucket = lifetime_bucket(lifetime_us);
  Ledger::add(history.live_hits, ~uint64_t{0});
  std::atomic_ref<uint32_t>(history.death_hits[bucket]).fetch_add(1, std::memory_order_relaxed);
  Ledger::add(history.death_weight_q15[bucket], weight_to_q15(weight));
}

void note_process_point(const Ledger& ledger, uint64_t time_us, uint64_t rss_bytes) {
  const Section& section = ledger.section(SectionKind::kSeries);
  const LiveHeader& live = ledger.live();
  uint32_t first = 0;
  for (const SeriesLevel& level : kSeriesLevels) {
    const uint32_t capacity = section.capacity / 64 * level.parts;
    if (capacity == 0) return;
    const uint64_t step = time_us / level.step_us;
    auto* point = ledger.entry<SeriesPoint>(SectionKind::kSeries, first + step % capacity);
    first += capacity;
    if (point == nullptr) continue;
    const uint64_t live_bytes = Ledger::load(live.live_bytes);
    const bool same_step = point->time_us != 0 && point->time_us / level.step_us == step;
    const uint64_t peak =
        same_step && point->peak_live_bytes > live_bytes ? point->peak_live_bytes : live_bytes;
    std::atomic_ref<uint64_t> time(point->time_us);
    time.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    point->live_bytes = live_bytes;
    point->live_weight_q15 = Ledger::load(live.live_weight_q15);
    if (rss_bytes != 0 || !same_step) point->rss_bytes = rss_bytes;
    point->allocated_bytes = Ledger::load(live.births.bytes);
    point->peak_live_bytes = peak;
    time.store(time_us == 0 ? 1 : time_us, std::memory_order_release);
  }
}

}  // namespace dbgtrace::ring
