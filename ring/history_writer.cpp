// SPDX-License-Identifier: Apache-2.0
#include "ring/history_writer.hpp"

#include <algorithm>

#include "ring/weight.hpp"

namespace dbgtrace::ring {
namespace {

void thin(History& history) {
  const uint32_t kept = kHistoryPoints / 2;
  for (uint32_t i = 1; i < kept; ++i) history.points[i] = history.points[2 * i];
  std::atomic_ref<uint32_t>(history.points_used).store(kept, std::memory_order_release);
  history.step_ds *= 2;
}

// Bytes that can't be: threads that race may let a sum dip below zero for a moment.
uint64_t not_negative(uint64_t sum) { return static_cast<int64_t>(sum) < 0 ? 0 : sum; }

}  // namespace

void give_history(const Ledger& ledger, Site& site) {
  if (history_of(ledger, site) != nullptr) {  // of the stack that had this slot before
    std::atomic_ref<uint32_t>(site.next_point_ds).store(0, std::memory_order_release);
    return;
  }
  std::atomic_ref<uint32_t> next(ledger.live().histories_used);
  const uint32_t capacity = ledger.section(SectionKind::kHistories).capacity;
  uint32_t index = next.load(std::memory_order_relaxed);
  do {
    if (index >= capacity) return;
  } while (!next.compare_exchange_weak(index, index + 1, std::memory_order_relaxed));
  auto* history = ledger.entry<History>(SectionKind::kHistories, index);
  if (history == nullptr) return;
  const Section& sites = ledger.section(SectionKind::kSites);
  history->site =
      static_cast<uint32_t>(&site - reinterpret_cast<Site*>(ledger.base() + sites.offset_bytes));
  history->step_ds = 1;
  std::atomic_ref<uint32_t>(site.history_generation).fetch_or(index + 1, std::memory_order_acq_rel);
  std::atomic_ref<uint32_t>(site.next_point_ds).store(0, std::memory_order_release);
}

void fold_history(const Ledger& ledger, Site& site, const Site& other) {
  History* all = history_of(ledger, other);
  if (History* history = history_of(ledger, site)) {
    for (uint32_t bucket = 0; bucket < kLifetimeBuckets; ++bucket) {
      const uint64_t deaths =
          std::atomic_ref<uint64_t>(history->deaths[bucket]).exchange(0, std::memory_order_relaxed);
      if (all != nullptr && deaths != 0) Ledger::add(all->deaths[bucket], deaths);
    }
    std::atomic_ref<uint32_t>(history->points_used).store(0, std::memory_order_relaxed);
    history->step_ds = 1;
  }
  for (uint8_t& first : site.first_lifetimes) {
    const uint32_t bucket = std::atomic_ref<uint8_t>(first).exchange(0, std::memory_order_relaxed);
    if (all != nullptr && bucket != 0 && bucket <= kLifetimeBuckets)
      Ledger::add(all->deaths[bucket - 1], 1);
  }
}

void write_site_point(const Ledger& ledger, Site& site, uint32_t time_ds) {
  History* history = history_of(ledger, site);
  if (history == nullptr) return;
  std::atomic_ref<uint32_t> due(site.next_point_ds);
  uint32_t expected = due.load(std::memory_order_relaxed);
  // Meanwhile no point is due: the others skip theirs, the series is thinner than that anyway.
  if (time_ds < expected || !due.compare_exchange_strong(expected, kNoPoint)) return;
  history->busy = 1;
  if (history->points_used >= kHistoryPoints) thin(*history);
  const uint32_t step_ds = std::max(history->step_ds, 1u);
  HistoryPoint& point = history->points[history->points_used];
  point.time_ds = time_ds;
  point.live_hits =
      static_cast<uint32_t>(not_negative(Ledger::load(site.births) - Ledger::load(site.deaths)));
  point.live_bytes = not_negative(Ledger::load(site.live_bytes));
  std::atomic_ref<uint32_t>(history->points_used)
      .store(history->points_used + 1, std::memory_order_release);
  history->busy = 0;
  due.store(time_ds / step_ds * step_ds + step_ds, std::memory_order_release);
}

HeapSums sums_of_threads(const Ledger& ledger) {
  HeapSums sums{};
  const uint32_t used = __atomic_load_n(&ledger.live().threads_used, __ATOMIC_RELAXED);
  for (uint32_t i = 0; i <= used; ++i) {
    const auto* thread = ledger.entry<Thread>(SectionKind::kThreads, i);
    if (thread == nullptr) continue;
    sums.births += Ledger::load(thread->births);
    sums.birth_bytes += Ledger::load(thread->birth_bytes);
    sums.deaths += Ledger::load(thread->deaths);
  }
  return sums;
}

void note_process_point(const Ledger& ledger, uint64_t time_us, uint64_t rss_bytes) {
  const Section& section = ledger.section(SectionKind::kSeries);
  const LiveHeader& live = ledger.live();
  const HeapSums sums = sums_of_threads(ledger);
  const uint64_t live_bytes = not_negative(Ledger::load(live.live_bytes));
  const uint64_t live_q15 =
      (sums.births - sums.deaths) * kOneQ15 + Ledger::load(live.live_excess_q15);
  uint32_t first = 0;
  for (const SeriesLevel& level : kSeriesLevels) {
    const uint32_t capacity = section.capacity / 64 * level.parts;
    if (capacity == 0) return;
    const uint64_t step = time_us / level.step_us;
    auto* point = ledger.entry<SeriesPoint>(SectionKind::kSeries, first + step % capacity);
    first += capacity;
    if (point == nullptr) continue;
    const bool same_step = point->time_us != 0 && point->time_us / level.step_us == step;
    const uint64_t peak =
        same_step && point->peak_live_bytes > live_bytes ? point->peak_live_bytes : live_bytes;
    std::atomic_ref<uint64_t> time(point->time_us);
    time.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    point->live_bytes = live_bytes;
    point->live_weight_q15 = not_negative(live_q15);
    if (rss_bytes != 0 || !same_step) point->rss_bytes = rss_bytes;
    point->allocated_bytes = sums.birth_bytes + Ledger::load(live.births.bytes);
    point->peak_live_bytes = peak;
    time.store(time_us == 0 ? 1 : time_us, std::memory_order_release);
  }
}

}  // namespace dbgtrace::ring
