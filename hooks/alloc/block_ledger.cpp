// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/block_ledger.hpp"

#include "hooks/alloc/thread_state.hpp"
#include "ring/history_writer.hpp"
#include "ring/tally.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

using ring::EventKind;
using ring::Ledger;
using ring::LiveState;

// A sum of estimates may dip below zero for a moment while threads race; that is no peak.
constexpr uint64_t kImpossible = uint64_t{1} << 62;

bool is_mapping(const ring::Site& site) {
  return site.kind == static_cast<uint16_t>(ring::SiteKind::kMapping);
}

LiveState state_of(const ring::Live& live) {
  return static_cast<LiveState>(live.address_state >> 48 & 3);
}

uint64_t pack(uint64_t size_bytes, uint32_t site) {
  return (size_bytes & ring::kSizeMask) | uint64_t{site} << 40;
}

void set_state(ring::Live& place, uintptr_t address, LiveState state, const Block& block) {
  const ring::Live live = encode_live(address, state, block);
  std::atomic_ref<uint64_t>(place.address_state)
      .store(live.address_state, std::memory_order_release);
}

}  // namespace

void BlockLedger::born(uintptr_t address, const ring::SiteRef& site, const Block& block) {
  const bool mapping = is_mapping(*site.site);
  ring::LiveHeader& live = ledger_->live();
  ring::add_birth(mapping ? live.mappings : live.births, block.weight, block.size_bytes);
  ring::add_birth(site.site->births, block.weight, block.size_bytes);
  if (settle(address, mapping ? LiveState::kMapped : LiveState::kHeld, block, block.birth_us)) {
    move_live(*site.site, ring::weighted_bytes(block.weight, block.size_bytes),
              ring::weight_to_q15(block.weight), block.birth_us);
    if (ring::History* history = ring::history_of(*ledger_, *site.site)) ring::note_birth(*history);
    note_point(*site.site, block.birth_us);
  }
  events_->write(EventKind::kSample, block.thread, block.weight, block.birth_us, 0, address,
                 pack(block.size_bytes, site.id));
  Ledger::raise(live.last_us, block.birth_us);
}

bool BlockLedger::freed(uintptr_t address, uint64_t now_us, uint32_t thread) {
  const LiveIndex::Found found = index_.find(address);
  if (found.slot == kNoSlot || found.inherited) return false;
  bury(address, found.slot, now_us, thread);
  index_.remove(found.slot, address, false);
  filter_.remove(address);
  Ledger::raise(ledger_->live().last_us, now_us);
  return true;
}

uint32_t BlockLedger::detach(uintptr_t address, Block& block) {
  const LiveIndex::Found found = index_.find(address);
  if (found.slot == kNoSlot || found.inherited) return kNoSlot;
  ring::Live* place = live_at(*ledger_, found.slot);
  if (place == nullptr || !index_.detach(found.slot, address)) return kNoSlot;
  block = decode_live(*place);
  set_state(*place, address, LiveState::kMoving, block);
  return found.slot;
}

void BlockLedger::put_back(uint32_t slot, uintptr_t address) {
  if (ring::Live* place = live_at(*ledger_, slot))
    set_state(*place, address, LiveState::kHeld, decode_live(*place));
  index_.attach(slot, address);
}

void BlockLedger::freed_by_resize(uint32_t slot, uintptr_t old_address, uint64_t now_us,
                                  uint32_t thread) {
  bury(old_address, slot, now_us, thread);
  index_.drop_detached(slot);
  filter_.remove(old_address);
}

// w' of the block is what its hit chunks stand for, spread over its size: W = w * old + w(growth) *
// growth, w' = W / new (docs/decisions/0006-realloc-growth-is-sampled.md). Birth time and site stay
// those of the first hit.
void BlockLedger::resized(uint32_t slot, uintptr_t old_address, uintptr_t address,
                          uint64_t new_bytes, const Growth& growth, uint64_t now_us,
                          uint32_t thread) {
  ring::Live* place = live_at(*ledger_, slot);
  if (place == nullptr) return;
  Block block = decode_live(*place);
  const uint64_t old_weighted = ring::weighted_bytes(block.weight, block.size_bytes);
  const uint64_t old_q15 = ring::weight_to_q15(block.weight);
  double variance = 0;
  if (growth.bytes != 0 && !(growth.exact && block.weight == ring::kWeightOne)) {
    const double w = growth.sampled ? ring::weight_to_double(growth.weight) : 0;
    const auto bytes = static_cast<double>(growth.bytes);
    if (growth.sampled) variance = w * (w - 1) * bytes * bytes;
    block.weight = ring::weight_from_double((static_cast<double>(old_weighted) + w * bytes) /
                                            static_cast<double>(new_bytes));
  }
  block.size_bytes = new_bytes;
  const uint64_t new_weighted = ring::weighted_bytes(block.weight, new_bytes);
  const uint64_t new_q15 = ring::weight_to_q15(block.weight);

  if (ring::Site* site = ring::site_at(*ledger_, block.site)) {
    const auto q15_change = static_cast<int64_t>(new_q15 - old_q15);
    const uint64_t more = new_weighted > old_weighted ? new_weighted - old_weighted : 0;
    const uint64_t less = old_weighted > new_weighted ? old_weighted - new_weighted : 0;
    ring::add_growth(ledger_->live().births, more, q15_change, variance);
    ring::add_growth(site->births, more, q15_change, variance);
    if (less != 0) {
      Ledger::add(ledger_->live().deaths.bytes, less);
      Ledger::add(site->deaths.bytes, less);
    }
    move_live(*site, new_weighted - old_weighted, new_q15 - old_q15, now_us);
    note_point(*site, now_us);
  }
  if (address == old_address) {
    write_live(*place, encode_live(address, LiveState::kHeld, block));
    index_.attach(slot, address);
  } else {
    // The new entry stands before the old one goes: a kill in between shows the block twice (one of
    // them moving), never lost.
    if (!settle(address, LiveState::kHeld, block, now_us)) {
      if (ring::Site* site = ring::site_at(*ledger_, block.site))
        move_live(*site, ~new_weighted + 1, ~new_q15 + 1, now_us);
    }
    clear_live(*place);
    index_.drop_detached(slot);
    filter_.remove(old_address);
  }
  if (t_state.last_sample == old_address) t_state.last_sample = address;
  events_->write(EventKind::kResize, thread, block.weight, now_us, 0, address,
                 pack(new_bytes, block.site));
  Ledger::raise(ledger_->live().last_us, now_us);
}

bool BlockLedger::find_mapping(uintptr_t address, Block& block) const {
  const LiveIndex::Found found = index_.find(address);
  if (found.slot == kNoSlot || found.inherited) return false;
  const ring::Live* place = live_at(*ledger_, found.slot);
  if (place == nullptr || state_of(*place) != LiveState::kMapped) return false;
  block = decode_live(*place);
  return true;
}

bool BlockLedger::forget_inherited(uintptr_t address) {
  const LiveIndex::Found found = index_.find(address);
  if (found.slot == kNoSlot || !found.inherited || !index_.remove(found.slot, address, true))
    return false;
  filter_.remove(address);
  return true;
}

// Enters a block into the tables. False if there was no room: then it is in the sums and the
// history only.
bool BlockLedger::settle(uintptr_t address, LiveState state, const Block& block, uint64_t now_us) {
  if (address > ring::kAddressMask) return false;
  const LiveIndex::Inserted at = index_.insert(address);
  if (at.stale != kNoSlot) {  // its free by-passed us; the filter counts it still
    filter_.remove(address);
    Ledger::add(ledger_->lost().stale_entries, 1);
    if (!at.stale_inherited) bury(address, at.stale, now_us, block.thread);
  }
  ring::Live* place = at.slot == kNoSlot ? nullptr : live_at(*ledger_, at.slot);
  if (place == nullptr) {
    if (at.slot != kNoSlot) index_.remove(at.slot, address, false);
    Ledger::add(ledger_->lost().live_table_full, 1);
    return false;
  }
  write_live(*place, encode_live(address, state, block));
  filter_.add(address);
  interval_.note_fill(*ledger_, *events_, index_.used(), now_us);
  return true;
}

// The block is gone: from the live table, the sums and into the history. Its slot of the index is
// freed afterwards, so that nobody else fills the payload meanwhile.
void BlockLedger::bury(uintptr_t address, uint32_t slot, uint64_t now_us, uint32_t thread) {
  ring::Live* place = live_at(*ledger_, slot);
  if (place == nullptr || (place->address_state & ring::kAddressMask) != address) return;
  const Block block = decode_live(*place);
  // What exit handlers free was needed up to the end, so it stays in all figures.
  if (ledger_->live().teardown_us != 0) {
    return set_state(*place, address, LiveState::kTornDown, block);
  }
  clear_live(*place);
  ring::Site* site = ring::site_at(*ledger_, block.site);
  if (site == nullptr) return;
  ring::LiveHeader& live = ledger_->live();
  ring::add_death(is_mapping(*site) ? live.unmappings : live.deaths, block.weight,
                  block.size_bytes);
  ring::add_death(site->deaths, block.weight, block.size_bytes);
  move_live(*site, ~ring::weighted_bytes(block.weight, block.size_bytes) + 1,
            ~ring::weight_to_q15(block.weight) + 1, now_us);
  const uint64_t lifetime_us = now_us > block.birth_us ? now_us - block.birth_us : 0;
  if (ring::History* history = ring::history_of(*ledger_, *site))
    ring::note_death(*history, lifetime_us, block.weight);
  note_point(*site, now_us);
  note_temporary(address, *site);
  events_->write(EventKind::kFree, thread, block.weight, now_us, 0, address,
                 pack(block.size_bytes, block.site));
}

// Estimated live bytes of a site and of the process move by a change in two's complement.
void BlockLedger::move_live(ring::Site& site, uint64_t change_bytes, uint64_t change_q15,
                            uint64_t now_us) {
  auto moved = [change_bytes](uint64_t& sum) {
    const uint64_t now =
        std::atomic_ref<uint64_t>(sum).fetch_add(change_bytes, std::memory_order_relaxed) +
        change_bytes;
    return now < kImpossible ? now : 0;
  };
  if (Ledger::raise(site.peak_live_bytes, moved(site.live_bytes))) site.peak_us = now_us;
  if (is_mapping(site)) return;
  ring::LiveHeader& live = ledger_->live();
  Ledger::add(live.live_weight_q15, change_q15);
  if (Ledger::raise(live.peak_live_bytes, moved(live.live_bytes))) live.peak_us = now_us;
}

void BlockLedger::note_point(ring::Site& site, uint64_t now_us) {
  if (ring::History* history = ring::history_of(*ledger_, site)) {
    ring::note_site_point(*history, now_us, Ledger::load(site.live_bytes));
  }
}

// Freed as this thread's newest sample: a candidate for a pool or the stack.
void BlockLedger::note_temporary(uintptr_t address, ring::Site& site) {
  if (t_state.last_sample != address) return;
  std::atomic_ref<uint32_t>(site.temporary).fetch_add(1, std::memory_order_relaxed);
  t_state.last_sample = 0;
}

}  // namespace dbgtrace::hooks::alloc
