// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/ledger_loader.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::trace {
namespace {

using ring::EntryState;
using ring::SectionKind;

// No recorder makes more; the bits of a reference to them would not do.
constexpr uint32_t kMaxLive = 1u << 24;
constexpr uint32_t kMaxFreed = 1u << 20;

}  // namespace

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

}  // namespace dbgtrace::reader::trace
