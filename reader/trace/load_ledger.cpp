// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <utility>

#include "reader/trace/ledger_loader.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::EntryState;
using ring::SectionKind;

// No recorder makes more; the bits of a reference to them would not do.
constexpr uint32_t kMaxModules = 1u << 16;
constexpr uint32_t kMaxThreads = 1u << 16;

}  // namespace

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

void load_ledger(std::span<const std::byte> file, Trace& trace, DamageLog& damages) {
  LedgerLoader(file, trace, damages).run();
}

}  // namespace dbgtrace::reader::trace
