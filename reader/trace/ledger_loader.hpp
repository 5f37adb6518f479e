// SPDX-License-Identifier: Apache-2.0
// The ledger's tables to the model, a file of definitions for each kind of table: load_ledger.cpp
// (threads, series, intervals, modules), load_sites.cpp, load_blocks.cpp. References are followed
// and checked here, so that an analysis may use every index unseen: a site's stack, a block's site
// and a time after the recording's end never reach it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "reader/trace/load_parts.hpp"
#include "ring/header_view.hpp"
#include "ring/ledger_view.hpp"

namespace dbgtrace::reader::trace {

// Two threads that record at once may store their times in either order.
inline constexpr uint64_t kClockSlackUs = 1'000'000;

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

  Table table(ring::SectionKind kind, uint32_t limit = std::numeric_limits<uint32_t>::max()) const {
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
  std::vector<uint32_t> site_index_;  // of a slot; 0 for an empty one
};

}  // namespace dbgtrace::reader::trace
