// SPDX-License-Identifier: Apache-2.0
// The ledger's tables to the model. References are followed and checked here, so that an analysis
// may use every index unseen: a site's stack, a block's site and a time after the recording's end
// never reach it.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "reader/trace/load_parts.hpp"
#include "ring/header_view.hpp"
#include "ring/ledger_view.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::EntryState;
using ring::SectionKind;

// No recorder makes more; the bits of a reference to them would not do.
constexpr uint32_t kMaxModules = 1u << 16;
constexpr uint32_t kMaxThreads = 1u << 16;
constexpr uint32_t kMaxLive = 1u << 24;
constexpr uint32_t kMaxFreed = 1u << 20;
// Two threads that record at once may store their times in either order.
constexpr uint64_t kClockSlackUs = 1'000'000;

class LedgerLoader {
 public:
  LedgerLoader(std::span<const std::byte> file, Trace& trace, DamageLog& damages)
      : file_(file), trace_(trace), damages_(damages), end_us_(trace.end_us()) {}

  void run() {
    load_threads();
    load_series();
    load_intervals();
    load_modules();
    load_sites();
    load_live();
    load_freed();
  }

 private:
  struct Table {
    std::span<const std::byte> bytes;
    uint64_t offset_bytes;
    uint32_t entry_bytes;
    uint32_t capacity;
    uint64_t offset_of(uint64_t index) const { return offset_bytes + index * entry_bytes; }
  };

  Table table(SectionKind kind, uint32_t limit = std::numeric_limits<uint32_t>::max()) const {
    const ring::Section& section = ring::section_of(trace_.header, kind);
    const auto bytes = ring::section_bytes(file_, trace_.header, kind);
    return {bytes, section.offset_bytes, section.entry_bytes,
            std::min(limit, ring::entries_in(bytes, section))};
  }

  // A time that is not after the end. Much later ones are damaged.
  uint64_t bounded_time(uint64_t time_us, bool& sound) const {
    if (time_us <= end_us_) return time_us;
    if (time_us - end_us_ > kClockSlackUs) sound = false;
    return end_us_;
  }

  void load_series();
  void load_threads();
  void sum_up();
  void load_intervals();
  void load_modules();
  void load_sites();
  void load_site_history(const ring::Site& stored, Site& site, DamageCount& damaged);
  uint32_t load_stack(uint32_t reference, bool site_is_finished, DamageCount& damaged,
                      DamageCount& too_many);
  void load_live();
  void load_freed();
  // The site that an id means: "other" if its slot has got another stack since, or is empty.
  uint32_t site_of(uint32_t id) const {
    const uint32_t slot = id & ring::kSiteSlotMask;
    const uint32_t index = slot < site_index_.size() ? site_index_[slot] : 0;
    return trace_.sites[index].id == id ? index : 0;
  }

  std::span<const std::byte> file_;
  Trace& trace_;
  DamageLog& damages_;
  uint64_t end_us_;
  uint64_t stack_words_read_ = 0;
  uint64_t frames_stored_ = 0;
  std::vector<uint32_t> site_index_;   // of a slot; 0 for an empty one
  std::vector<uint64_t> known_whole_;  // see ring::expand_stack
};

void LedgerLoader::load_series() {
  const Table series = table(SectionKind::kSeries);
  const uint32_t capacity = ring::section_of(trace_.header, SectionKind::kSeries).capacity;
  DamageCount damaged(damages_,
                      "points of the process's series in a slot or at a time that is not theirs");
  uint64_t covered_from_us = std::numeric_limits<uint64_t>::max();
  for (uint32_t level = 0; level < std::size(ring::kSeriesLevels); ++level) {
    const ring::SeriesRange range = ring::series_range(level, capacity);
    uint64_t first_us = covered_from_us;
    for (uint32_t slot = 0; slot < range.capacity; ++slot) {
      ring::SeriesPoint point;
      const EntryState state = ring::read_series_point(series.bytes, level, range, slot, point);
      if (state == EntryState::kAbsent) continue;
      bool sound = state == EntryState::kWhole;
      const uint64_t time_us = bounded_time(point.time_us, sound);
      if (!sound) {
        damaged.add(series.offset_of(uint64_t{range.first} + slot), sizeof(point));
        continue;
      }
      point.time_us = time_us;
      if (time_us >= covered_from_us) continue;
      first_us = std::min(first_us, time_us);
      trace_.series.push_back(point);
    }
    covered_from_us = first_us;
  }
  std::sort(
      trace_.series.begin(), trace_.series.end(),
      [](const ring::SeriesPoint& a, const ring::SeriesPoint& b) { return a.time_us < b.time_us; });
}

void LedgerLoader::load_threads() {
  const Table threads = table(SectionKind::kThreads, kMaxThreads);
  DamageCount damaged(damages_, "threads with times that can't be");
  trace_.threads.resize(1);
  for (uint32_t index = 0; index < threads.capacity; ++index) {
    ring::Thread stored;
    const EntryState state = ring::read_thread(threads.bytes, index, stored);
    if (state != EntryState::kWhole && index != 0) continue;
    trace_.threads.resize(std::max<size_t>(trace_.threads.size(), index + 1));
    if (stored.last_us > ring::kTimeMask || stored.start_us > ring::kTimeMask) {
      damaged.add(threads.offset_of(index), sizeof(stored));
      stored.last_us = stored.start_us = 0;
    }
    const bool ended = (stored.flags & ring::kThreadEnded) != 0;
    trace_.threads[index] = {stored.tid,    stored.start_us,    ended ? stored.last_us : 0,
                             stored.births, stored.birth_bytes, stored.deaths,
                             stored.name};
    trace_.header.live.last_us = std::max(trace_.header.live.last_us, stored.last_us);
  }
  end_us_ = trace_.end_us();
  sum_up();
}

// The heap's totals: what the threads recorded, and what that stands for beyond itself.
void LedgerLoader::sum_up() {
  const ring::LiveHeader& live = trace_.header.live;
  uint64_t deaths = 0;
  ring::BirthTally& births = trace_.births;
  for (const Thread& thread : trace_.threads) {
    births.hits += thread.births;
    births.bytes += thread.birth_bytes;
    deaths += thread.deaths;
  }
  births.bytes += live.births.bytes;
  births.weight_q15 = births.hits * ring::kOneQ15 + live.births.weight_q15;
  births.weight_variance = live.births.weight_variance;
  births.bytes_variance = live.births.bytes_variance;
  const uint64_t live_q15 = (births.hits - deaths) * ring::kOneQ15 + live.live_excess_q15;
  trace_.deaths = {deaths, births.weight_q15 - live_q15, births.bytes - live.live_bytes};
}

void LedgerLoader::load_intervals() {
  const ring::LiveHeader& live = trace_.header.live;
  for (const ring::IntervalChange& stored : live.interval_changes) {
    if (stored.interval_cause == 0) continue;
    bool sound = true;
    trace_.interval_changes.push_back({bounded_time(stored.time_us, sound),
                                       stored.interval_cause & ring::kTimeMask,
                                       static_cast<uint32_t>(stored.interval_cause >> 56)});
  }
}

void LedgerLoader::load_modules() {
  const Table modules = table(SectionKind::kModules, kMaxModules);
  const auto strings = ring::section_bytes(file_, trace_.header, SectionKind::kStrings);
  DamageCount damaged(damages_,
                      "modules whose checksum does not fit: their addresses stay without a name");
  DamageCount nameless(damages_, "modules whose path is damaged");
  for (uint32_t index = 0; index < modules.capacity; ++index) {
    ring::Module stored;
    const EntryState state = ring::read_module(modules.bytes, index, stored);
    if (state == EntryState::kDamaged) damaged.add(modules.offset_of(index), sizeof(stored));
    if (state != EntryState::kWhole) continue;
    // Events name a module by its slot, so the slots of damaged ones stay as empty modules.
    trace_.modules.resize(index + 1);
    Module& module = trace_.modules[index];
    module.start = stored.start;
    module.end = stored.end;
    module.bias = stored.bias;
    module.load_us = stored.load_us;
    module.unload_us = stored.unload_us;
    module.path = ring::read_string(strings, stored.path);
    if (module.path.empty()) nameless.add(modules.offset_of(index), sizeof(stored));
    for (uint32_t i = 0; i < stored.build_id_bytes; ++i) {
      fmt::format_to(std::back_inserter(module.build_id), "{:02x}", stored.build_id[i]);
    }
  }
}

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
  trace_.stacks.resize(1);
  trace_.sites.resize(1);
  known_whole_.assign(table(SectionKind::kStacks).bytes.size() / 8 / 64 + 1, 0);
  site_index_.assign(std::max(sites.capacity, 1u), 0);
  for (uint32_t slot = 0; slot < sites.capacity; ++slot) {
    ring::Site stored;
    const EntryState state = ring::read_site(sites.bytes, slot, stored);
    if (state == EntryState::kAbsent) continue;
    if (state == EntryState::kDamaged) damaged.add(sites.offset_of(slot), sizeof(stored));
    if (slot != 0) trace_.sites.emplace_back();
    site_index_[slot] = static_cast<uint32_t>(trace_.sites.size() - 1);
    Site& site = trace_.sites.back();
    site.id = (stored.history_generation >> 24) << 16 | slot;
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
  uint64_t pcs[ring::kMaxFrames];
  const ring::ExpandedStack stored = ring::expand_stack(arena.bytes, reference, pcs, known_whole_);
  stack_words_read_ += stored.words_read;
  frames_stored_ += stored.frame_count;
  const bool missing = stored.state == EntryState::kAbsent && site_is_finished;
  if (stored.state == EntryState::kDamaged || missing) {
    damaged.add(arena.offset_of(stored.bad_reference), sizeof(ring::Stack));
  }
  if (stored.frame_count == 0) return 0;
  Stack stack;
  stack.pcs.assign(pcs, pcs + stored.frame_count);
  stack.time_us = stored.head.time_us;
  stack.omitted_frames = stored.head.omitted_frames;
  stack.truncated =
      (stored.head.flags & ring::kStackTruncated) != 0 || stored.state == EntryState::kDamaged;
  stack.exact_leaf = (stored.head.flags & ring::kStackExactLeaf) != 0;
  trace_.stacks.push_back(std::move(stack));
  return static_cast<uint32_t>(trace_.stacks.size() - 1);
}

void LedgerLoader::load_site_history(const ring::Site& stored, Site& site, DamageCount& damaged) {
  uint64_t known = 0;  // deaths whose lifetimes are
  for (const uint8_t first : stored.first_lifetimes) {
    if (first == 0 || first > ring::kLifetimeBuckets) continue;
    ++site.death_hits[first - 1];
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
    site.death_hits[bucket] += history.deaths[bucket];
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

void LedgerLoader::load_live() {
  const Table live = table(SectionKind::kLive, kMaxLive);
  DamageCount no_site(damages_, "live blocks of a site that is not there, counted as \"other\"");
  DamageCount odd_time(damages_, "live blocks born after the recording's end");
  const bool running = trace_.header.live.state == static_cast<uint32_t>(ring::State::kRunning);
  for (uint32_t slot = 0; slot < live.capacity; ++slot) {
    ring::LiveFields fields;
    if (ring::read_live(live.bytes, slot, fields) != EntryState::kWhole) continue;
    LiveBlock block;
    block.address = fields.address;
    block.size_bytes = fields.size_bytes;
    bool sound = true;
    block.birth_us = bounded_time(fields.time_us, sound);
    if (!sound) odd_time.add(live.offset_of(slot), live.entry_bytes);
    block.weight = ring::weight_to_double(fields.weight);
    block.thread = fields.thread;
    block.state = fields.state;
    block.site = site_of(fields.site);
    // A torn-down mapping is told by its site only.
    block.mapping = block.state == ring::LiveState::kMapped ||
                    (block.torn_down() && trace_.sites[block.site].mapping);
    // The sites were copied a little before the live blocks: in a running process the newest ones
    // may be missing.
    const bool too_new = running && fields.time_us + kClockSlackUs >= end_us_;
    const uint32_t slot_of_site = fields.site & ring::kSiteSlotMask;
    const bool is_there = slot_of_site < site_index_.size() && site_index_[slot_of_site] != 0;
    if (slot_of_site != 0 && !is_there && !too_new)
      no_site.add(live.offset_of(slot), live.entry_bytes);
    trace_.live.push_back(block);
  }
}

void LedgerLoader::load_freed() {
  const Table freed = table(SectionKind::kFreed, kMaxFreed);
  for (uint32_t i = 0; i < freed.capacity; ++i) {
    // The oldest is the next one to be overwritten.
    const uint64_t next = trace_.header.live.freed_count % freed.capacity;
    const auto index = static_cast<uint32_t>((next + i) % freed.capacity);
    ring::FreedFields fields;
    if (ring::read_freed(freed.bytes, index, fields) != EntryState::kWhole) continue;
    FreedBlock block;
    bool sound = true;
    block.address = fields.address;
    block.size_bytes = fields.size_bytes;
    block.free_us = bounded_time(fields.time_us, sound);
    block.birth_us = block.free_us - std::min(block.free_us, fields.age_us);
    block.weight = ring::weight_to_double(fields.weight);
    block.site = site_of(fields.birth_site);
    block.free_site = site_of(fields.free_site);
    block.thread = fields.thread;
    trace_.freed.push_back(block);
  }
}

}  // namespace

void load_ledger(std::span<const std::byte> file, Trace& trace, DamageLog& damages) {
  LedgerLoader(file, trace, damages).run();
}

}  // namespace dbgtrace::reader::trace
