// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include "reader/trace/ledger_loader.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::EntryState;
using ring::SectionKind;

}  // namespace

void LedgerLoader::load_sites() {
  const Table sites = table(SectionKind::kSites, ring::kMaxSites);
  DamageCount damaged(damages_, "sites of an unknown kind, taken as heap");
  DamageCount odd(damages_, "sites with a variance or a time that can't be");
  DamageCount histories(damages_, "site histories that are damaged or another site's");
  DamageCount stacks(damages_,
                     "stacks whose checksum or parent does not fit: their sites lack frames");
  DamageCount too_many(
      damages_,
      "stacks left out: together they have more frames than a file of this size can hold");
  trace_.sites.reserve(sites.capacity);
  trace_.sites.resize(1);
  site_index_.assign(std::max(sites.capacity, 1u), 0);
  for (uint32_t slot = 0; slot < sites.capacity; ++slot) {
    ring::Site stored;
    const EntryState state = ring::read_site(sites.bytes, slot, stored);
    if (state == EntryState::kAbsent) continue;
    if (state == EntryState::kDamaged) damaged.add(sites.offset_of(slot), sizeof(stored));
    if (slot != 0) trace_.sites.emplace_back();
    site_index_[slot] = static_cast<uint32_t>(trace_.sites.size() - 1);
    Site& site = trace_.sites.back();
    site.id = (stored.history_generation >> 24) << ring::kSiteSlotBits | slot;
    site.stack_hash = stored.stack_hash;
    site.mapping = stored.kind == static_cast<uint16_t>(ring::SiteKind::kMapping);
    site.freeing = stored.kind == static_cast<uint16_t>(ring::SiteKind::kFreeing);
    site.births = {stored.births, stored.births * ring::kOneQ15 + stored.birth_excess_q15,
                   stored.birth_bytes, stored.weight_variance, stored.bytes_variance};
    site.deaths = {stored.deaths, stored.deaths * ring::kOneQ15 + stored.death_excess_q15,
                   stored.birth_bytes - stored.live_bytes};
    site.temporary = stored.temporary;
    // Threads that race may leave a sum below zero for a moment.
    site.live_bytes = static_cast<int64_t>(stored.live_bytes) < 0 ? 0 : stored.live_bytes;
    site.peak_live_bytes = stored.peak_live_bytes;
    bool sound = true;
    site.first_us = bounded_time(stored.first_us, sound);
    site.peak_us = bounded_time(stored.peak_us, sound);
    for (double* sum : {&site.births.weight_variance, &site.births.bytes_variance}) {
      if (std::isfinite(*sum) && *sum >= 0) continue;
      *sum = 0;
      sound = false;
    }
    if (!sound) odd.add(sites.offset_of(slot), sizeof(stored));
    if (stored.stack != 0)
      site.stack = load_stack(stored.stack, stored.kind != 0, stacks, too_many);
    load_site_history(stored, site, histories);
  }
}

uint32_t LedgerLoader::load_stack(uint32_t reference, bool site_is_finished, DamageCount& damaged,
                                  DamageCount& too_many) {
  const Table arena = table(SectionKind::kStacks);
  // Chains share frames: what a few bytes stand for is bounded by the file's size, in time and in
  // memory.
  if (stack_words_read_ > file_.size() || frames_stored_ > file_.size() / 4) {
    too_many.add(arena.offset_of(reference), 0);
    return 0;
  }
  const auto [index, found] = trace_.stacks.add(arena.bytes, reference);
  stack_words_read_ += found.words_read;
  frames_stored_ += found.frame_count;
  const bool missing = found.state == EntryState::kAbsent && site_is_finished;
  if (found.state == EntryState::kDamaged || missing) {
    damaged.add(arena.offset_of(found.bad_reference), sizeof(ring::Stack));
  }
  return index;
}

void LedgerLoader::load_site_history(const ring::Site& stored, Site& site, DamageCount& damaged) {
  uint64_t known = 0;  // deaths whose lifetimes are
  for (const uint8_t first : stored.first_lifetimes) {
    if (first == 0 || first > ring::kLifetimeBuckets) continue;
    site.lifetimes.add(first - 1u);
    ++known;
  }
  const uint32_t reference = stored.history_generation & ring::kHistoryMask;
  if (reference == 0) {
    site.has_history = known >= site.deaths.hits;
    return;
  }
  const Table histories = table(SectionKind::kHistories);
  const uint32_t index = reference - 1;
  ring::History history;
  const bool inside = index < histories.capacity;
  if (!inside || ring::read_history(histories.bytes, index, site.id & ring::kSiteSlotMask,
                                    history) != EntryState::kWhole) {
    damaged.add(histories.offset_of(index), sizeof(history));
    return;
  }
  for (uint32_t bucket = 0; bucket < ring::kLifetimeBuckets; ++bucket)
    site.lifetimes.add(bucket, history.deaths[bucket]);
  site.has_history = true;
  // A running writer that thins the series may leave points that go back in time: they are the ones
  // already moved.
  for (uint32_t i = 0; i < history.points_used; ++i) {
    const ring::HistoryPoint& point = history.points[i];
    if (uint64_t{point.time_ds} * 100'000 > end_us_ + kClockSlackUs) continue;
    if (site.series.empty() || point.time_ds > site.series.back().time_ds)
      site.series.push_back(point);
  }
  // The present, which no point holds.
  if (site.series.empty()) return;
  const uint64_t alive = site.births.hits - std::min(site.births.hits, site.deaths.hits);
  const auto now_ds = static_cast<uint32_t>(std::min<uint64_t>(end_us_ / 100'000, ~0u));
  site.series.push_back({std::max(now_ds, site.series.back().time_ds),
                         static_cast<uint32_t>(std::min<uint64_t>(alive, ~0u)), site.live_bytes});
}

}  // namespace dbgtrace::reader::trace
