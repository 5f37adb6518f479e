// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/block_ledger.hpp"

#include <algorithm>

#include "hooks/alloc/thread_state.hpp"
#include "ring/freed_writer.hpp"
#include "ring/history_writer.hpp"
#include "ring/tally.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

using ring::EventKind;
using ring::Ledger;
using ring::LiveState;

// A site of a recording of every allocation has a long memory from its so-many-th block on; of
// the others nobody could tell anything anyway.
constexpr uint64_t kWorthAHistory = ring::kFirstLifetimes;

// A sum of estimates may dip below zero for a moment while threads race; that is no peak.
constexpr uint64_t kImpossible = uint64_t{1} << 62;

LiveState state_of(const ring::Live& live) {
  return static_cast<LiveState>(live.address_state >> 48 & 3);
}

uint64_t pack(uint64_t size_bytes, uint32_t site) {
  return std::min(size_bytes, ring::kSizeMask) | uint64_t{site} << 40;
}

void set_state(ring::Live& place, uintptr_t address, LiveState state, const Block& block) {
  const ring::Live live = encode_live(address, state, block);
  std::atomic_ref<uint64_t>(place.address_state)
      .store(live.address_state, std::memory_order_release);
}

uint64_t weighted(const Block& block) {
  if (block.weight == ring::kWeightOne) [[likely]]
    return block.size_bytes;
  return ring::weighted_bytes(block.weight, block.size_bytes);
}

uint64_t minus(uint64_t value) { return ~value + 1; }

}  // namespace

bool BlockLedger::start(const ring::Ledger& ledger, ring::EventWriter& events) {
  ledger_ = &ledger;
  events_ = &events;
  logs_events_ = !ledger.every_allocation();
  slots_.start(ledger);
  return ledger.entry<ring::Thread>(ring::SectionKind::kThreads, 0) != nullptr &&
         ring::site_at(ledger, 0) != nullptr;
}

// start() and register_thread() have reserved the space.
ring::Thread& BlockLedger::cell_of(uint32_t thread) const {
  const ring::Section& section = ledger_->section(ring::SectionKind::kThreads);
  return *(reinterpret_cast<ring::Thread*>(ledger_->base() + section.offset_bytes) + thread);
}

void BlockLedger::count_birth(ring::Site& site, uint64_t size_bytes, uint64_t site_bytes,
                              bool of_heap, const Moment& moment) {
  const uint64_t before = ring::fetch_add(site.births, 1, moment.threads);
  ring::add(site.birth_bytes, site_bytes, moment.threads);
  if (before + 1 == kWorthAHistory && ledger_->every_allocation()) [[unlikely]]
    ring::give_history(*ledger_, site);
  ring::Thread& cell = cell_of(moment.thread);
  cell.last_us = moment.now_us;
  if (!of_heap) return;
  ring::add(cell.births, 1, writers_of(moment));
  ring::add(cell.birth_bytes, size_bytes, writers_of(moment));
}

void BlockLedger::born_weighted(uintptr_t address, const ring::SiteRef& site, const Block& block,
                                LiveState state, Totals totals, ring::Threads threads) {
  const Moment moment{block.birth_us, block.thread, threads};
  const bool of_heap = state != LiveState::kMapped;
  const uint64_t bytes = weighted(block);
  const uint64_t site_bytes = totals == Totals::kCounted ? block.size_bytes : bytes;
  if (totals != Totals::kAlready)
    count_birth(*site.site, block.size_bytes, site_bytes, of_heap, moment);
  ring::LiveHeader& header = ledger_->live();
  if (!of_heap) ring::add_birth(header.mappings, block.weight, block.size_bytes);
  const bool weighs = block.weight != ring::kWeightOne;
  if (weighs && totals == Totals::kEstimated) {
    ring::Excess unused{};
    ring::add_excess(of_heap ? header.births : unused, *site.site, block.weight, block.size_bytes);
  }
  const uint64_t counted_q15 = totals == Totals::kAlready ? 0 : ring::kOneQ15;
  uint64_t live_excess = ring::weight_to_q15(block.weight) - counted_q15;
  if (settle(address, state, block, moment)) [[likely]] {
    move_live(*site.site, of_heap, bytes, moment);
    ring::note_site_point(*ledger_, *site.site, block.birth_us);
  } else {
    live_excess = minus(counted_q15);  // born, never seen to die, and yet not alive
  }
  if (of_heap && live_excess != 0) Ledger::add(header.live_excess_q15, live_excess);
  if (logs_events_) {
    events_->write(EventKind::kSample, block.thread, block.weight, block.birth_us, 0, address,
                   pack(block.size_bytes, site.id));
  }
}

// A block of the heap that stands for itself.
inline void BlockLedger::born_exact(uintptr_t address, ring::SiteRef site, Block block,
                                    ring::Threads threads) {
  const Moment moment{block.birth_us, block.thread, threads};
  count_birth(*site.site, block.size_bytes, block.size_bytes, true, moment);
  if (!settle(address, LiveState::kHeld, block, moment)) [[unlikely]] {
    // Born, never seen to die, and yet not alive.
    Ledger::add(ledger_->live().live_excess_q15, minus(ring::kOneQ15));
    return;
  }
  move_live(*site.site, true, block.size_bytes, moment);
  ring::note_site_point(*ledger_, *site.site, block.birth_us);
}

[[gnu::flatten]] void BlockLedger::born_to_only_thread(uintptr_t address, ring::SiteRef site,
                                                       const Block& block) {
  born_exact(address, site, block, ring::Threads::kOne);
}

[[gnu::flatten]] void BlockLedger::born_to_one_of_many(uintptr_t address, ring::SiteRef site,
                                                       const Block& block) {
  born_exact(address, site, block, ring::Threads::kMany);
}

void BlockLedger::born_unseen(ring::Site& site, uint64_t size_bytes, const Moment& moment) {
  count_birth(site, size_bytes, size_bytes, true, moment);
  Ledger::add(ledger_->live().live_excess_q15, minus(ring::kOneQ15));
}

void BlockLedger::grown_unseen(ring::Site& site, uint64_t bytes, const Moment& moment) {
  ring::add(site.birth_bytes, bytes, moment.threads);
  ring::add(cell_of(moment.thread).birth_bytes, bytes, writers_of(moment));
}

inline bool BlockLedger::freed_at(LiveIndex::Found found, uintptr_t address,
                                  ring::SiteRef free_site, Moment moment) {
  if (tears_down(found.slot, address)) [[unlikely]]
    return true;
  if (!index_.remove(found, address, moment.threads)) return false;
  filter_.remove(address);
  bury(address, found.slot, free_site, moment);
  return true;
}

[[gnu::flatten]] bool BlockLedger::freed_by_only_thread(LiveIndex::Found found, uintptr_t address,
                                                        ring::SiteRef free_site,
                                                        const Moment& moment) {
  return freed_at(found, address, free_site, {moment.now_us, moment.thread, ring::Threads::kOne});
}

[[gnu::flatten]] bool BlockLedger::freed_by_one_of_many(LiveIndex::Found found, uintptr_t address,
                                                        ring::SiteRef free_site,
                                                        const Moment& moment) {
  return freed_at(found, address, free_site, {moment.now_us, moment.thread, ring::Threads::kMany});
}

// What exit handlers free was needed up to the end, so it stays in all figures, and in the index,
// so that the next block at its address takes its place. What was born since then dies as usual.
bool BlockLedger::tears_down(uint32_t slot, uintptr_t address) {
  const uint64_t teardown_us = ledger_->live().teardown_us;
  if (teardown_us == 0) [[likely]]
    return false;
  ring::Live& place = slots_.at(slot);
  const Block block = decode_live(place);
  if (block.birth_us >= teardown_us) return false;
  set_state(place, address, LiveState::kTornDown, block);
  return true;
}

uint32_t BlockLedger::detach(LiveIndex::Found found, uintptr_t address, Block& block,
                             ring::Threads threads) {
  ring::Live& place = slots_.at(found.slot);
  if (state_of(place) == LiveState::kTornDown) return kNoSlot;
  if (!index_.remove(found, address, threads)) return kNoSlot;
  block = decode_live(place);
  set_state(place, address, LiveState::kMoving, block);
  return found.slot;
}

void BlockLedger::put_back(uint32_t slot, uintptr_t address, const Moment& moment) {
  ring::Live& place = slots_.at(slot);
  set_state(place, address, LiveState::kHeld, decode_live(place));
  enter(address, slot, moment);
}

void BlockLedger::freed_by_resize(uint32_t slot, uintptr_t old_address, ring::SiteRef free_site,
                                  const Moment& moment) {
  if (tears_down(slot, old_address)) [[unlikely]] {
    enter(old_address, slot, moment);
    return;
  }
  filter_.remove(old_address);
  bury(old_address, slot, free_site, moment);
}

// w' of the block is what its hit chunks stand for, spread over its size: W = w * old + w(growth) *
// growth, w' = W / new (docs/decisions/0006-realloc-growth-is-sampled.md). Birth time and site stay
// those of the first hit.
void BlockLedger::resized(uint32_t slot, uintptr_t old_address, uintptr_t address,
                          uint64_t new_bytes, const Growth& growth, const Moment& moment) {
  ring::Live& place = slots_.at(slot);
  Block block = decode_live(place);
  const uint64_t old_weighted = weighted(block);
  const uint64_t old_q15 = ring::weight_to_q15(block.weight);
  const bool counted = growth.totals == Totals::kCounted;
  double variance = 0;
  // Where the growth is recorded for certain it weighs what the block does, one.
  const bool certain = growth.sampled && growth.weight == ring::kWeightOne;
  if (growth.bytes != 0 && !(certain && block.weight == ring::kWeightOne)) {
    const double w = growth.sampled ? ring::weight_to_double(growth.weight) : 0;
    const auto bytes = static_cast<double>(growth.bytes);
    if (growth.sampled) variance = w * (w - 1) * bytes * bytes;
    block.weight = ring::weight_from_double((static_cast<double>(old_weighted) + w * bytes) /
                                            static_cast<double>(new_bytes));
  }
  block.size_bytes = new_bytes;
  const uint64_t new_weighted = weighted(block);
  const uint64_t change_q15 = ring::weight_to_q15(block.weight) - old_q15;
  const uint64_t more = new_weighted > old_weighted ? new_weighted - old_weighted : 0;

  ring::LiveHeader& header = ledger_->live();
  if (ring::Site* site = ring::site_at(*ledger_, block.site)) {
    ring::add(site->birth_bytes, counted ? growth.bytes : more, moment.threads);
    ring::Thread& cell = cell_of(moment.thread);
    cell.last_us = moment.now_us;
    if (counted) {
      ring::add(cell.birth_bytes, growth.bytes, writers_of(moment));
    } else {
      Ledger::add(header.births.bytes, more);
      Ledger::add(header.births.weight_q15, change_q15);
      Ledger::add(site->birth_excess_q15, change_q15);
      if (variance != 0) {
        Ledger::add(header.births.bytes_variance, variance);
        Ledger::add(site->bytes_variance, variance);
      }
    }
    if (change_q15 != 0) Ledger::add(header.live_excess_q15, change_q15);
    move_live(*site, true, new_weighted - old_weighted, moment);
    ring::note_site_point(*ledger_, *site, moment.now_us);
  }
  bool entered = true;
  if (address == old_address) {
    write_live(place, encode_live(address, LiveState::kHeld, block));
    entered = enter(address, slot, moment);
  } else {
    // The new entry stands before the old one goes: a kill in between shows the block twice (one of
    // them moving), never lost.
    entered = settle(address, LiveState::kHeld, block, moment);
    clear_live(place);
    slots_.give_back(slot, moment.thread, moment.threads);
    filter_.remove(old_address);
    if (!entered) {
      if (ring::Site* site = ring::site_at(*ledger_, block.site))
        move_live(*site, true, minus(new_weighted), moment);
      Ledger::add(header.live_excess_q15, minus(ring::weight_to_q15(block.weight)));
    }
  }
  if (t_state.last_sample == old_address) t_state.last_sample = address;
  if (logs_events_) {
    events_->write(EventKind::kResize, moment.thread, block.weight, moment.now_us, 0, address,
                   pack(new_bytes, block.site));
  }
}

bool BlockLedger::find_mapping(uintptr_t address, Block& block) const {
  const LiveIndex::Found found = find(address);
  if (!is_ours(found)) return false;
  const ring::Live& place = slots_.at(found.slot);
  if (state_of(place) != LiveState::kMapped) return false;
  block = decode_live(place);
  return true;
}

bool BlockLedger::forget_inherited(LiveIndex::Found found, uintptr_t address,
                                   ring::Threads threads) {
  if (found.at == kNoSlot || is_ours(found) || !index_.remove(found, address, threads))
    return false;
  filter_.remove(address);
  return true;
}

// Enters a block into the tables. False if there was no room: then it is in the sums and the
// history only.
bool BlockLedger::settle(uintptr_t address, LiveState state, const Block& block,
                         const Moment& moment) {
  if (address > ring::kAddressMask) return false;
  const uint32_t slot = slots_.take(moment.thread, moment.threads);
  if (slot == kNoSlot) {
    Ledger::add(ledger_->lost().live_table_full, 1);
    return false;
  }
  write_live(slots_.at(slot), encode_live(address, state, block));
  filter_.add(address);
  return enter(address, slot, moment);
}

// Makes the address of a filled slot known. False if there is no room: then the slot is free again.
bool BlockLedger::enter(uintptr_t address, uint32_t slot, const Moment& moment) {
  const LiveIndex::Inserted result = index_.insert(address, slot, slots_, moment.threads);
  if (!result.done) [[unlikely]]
    return enter_again(address, slot, result, moment);
  interval_.note_fill(*ledger_, *events_, slots_.touched(), moment.now_us);
  return true;
}

// The address is there already, or there was no room.
[[gnu::noinline]] bool BlockLedger::enter_again(uintptr_t address, uint32_t slot,
                                                LiveIndex::Inserted result, const Moment& moment) {
  for (int i = 0; !result.done && result.stale.at != kNoSlot && i < 4; ++i) {
    // A block that is there already is one whose free by-passed us, since the allocator would not
    // give the address out twice; the filter counts it still.
    if (index_.remove(result.stale, address, moment.threads)) {
      filter_.remove(address);
      replace_stale(result.stale, address, slot, moment);
    }
    result = index_.insert(address, slot, slots_, moment.threads);
  }
  if (result.done) {
    interval_.note_fill(*ledger_, *events_, slots_.touched(), moment.now_us);
    return true;
  }
  clear_live(slots_.at(slot));
  slots_.give_back(slot, moment.thread, moment.threads);
  filter_.remove(address);
  Ledger::add(ledger_->lost().live_table_full, 1);
  return false;
}

// The entry that a new block at its address takes the place of.
void BlockLedger::replace_stale(LiveIndex::Found stale, uintptr_t address, uint32_t new_slot,
                                const Moment& moment) {
  const bool ours = is_ours(stale) && stale.slot != new_slot;
  if (ours && state_of(slots_.at(stale.slot)) == LiveState::kTornDown) {
    clear_live(slots_.at(stale.slot));
    slots_.give_back(stale.slot, moment.thread, moment.threads);
    return;
  }
  Ledger::add(ledger_->lost().stale_entries, 1);
  if (ours) bury(address, stale.slot, {0, nullptr}, moment);
}

// The block is gone: from the live table, the sums and into the history. Nobody finds its slot any
// more.
void BlockLedger::bury(uintptr_t address, uint32_t slot, ring::SiteRef free_site,
                       const Moment& moment) {
  ring::Live& place = slots_.at(slot);
  const ring::Live entry = place;
  const Block block = decode_live(entry);
  clear_live(place);
  slots_.give_back(slot, moment.thread, moment.threads);
  unlearn(address, state_of(entry), block, free_site, moment);
}

void BlockLedger::unlearn(uintptr_t address, LiveState state, const Block& block,
                          ring::SiteRef free_site, const Moment& moment) {
  ring::Site* site = ring::site_at(*ledger_, block.site);
  if (site == nullptr) return;
  const bool of_heap = state != LiveState::kMapped;
  const uint64_t age_us = moment.now_us > block.birth_us ? moment.now_us - block.birth_us : 0;
  const uint64_t deaths_before = ring::fetch_add(site->deaths, 1, moment.threads);
  move_live(*site, of_heap, minus(weighted(block)), moment);
  ring::Thread& cell = cell_of(moment.thread);
  cell.last_us = moment.now_us;
  if (of_heap)
    ring::add(cell.deaths, 1, writers_of(moment));
  else
    ring::add_death(ledger_->live().unmappings, block.weight, block.size_bytes);
  if (block.weight != ring::kWeightOne) {
    Ledger::add(site->death_excess_q15, ring::excess_q15(block.weight));
    if (of_heap)
      Ledger::add(ledger_->live().live_excess_q15, minus(ring::excess_q15(block.weight)));
  }
  ring::note_lifetime(*ledger_, *site, deaths_before, age_us, moment.threads);
  ring::note_site_point(*ledger_, *site, moment.now_us);
  note_temporary(address, *site, moment);
  if (free_site.id != 0 && free_site.site != nullptr) {
    ring::add(free_site.site->births, 1, moment.threads);
    ring::add(free_site.site->birth_bytes, weighted(block), moment.threads);
  }
  ring::note_freed(
      *ledger_,
      {address | uint64_t{moment.thread & ring::kThreadMask} << 50,
       (moment.now_us & ring::kTimeMask) | uint64_t{block.weight} << 48,
       pack(block.size_bytes, block.site),
       std::min(age_us, ring::kAgeMask) | uint64_t{free_site.id & ring::kSiteMask} << 40},
      moment.threads);
  if (logs_events_) {
    events_->write(EventKind::kFree, moment.thread, block.weight, moment.now_us, 0, address,
                   pack(block.size_bytes, block.site));
  }
}

// Estimated live bytes of a site and of the heap move by a change in two's complement.
void BlockLedger::move_live(ring::Site& site, bool of_heap, uint64_t change_bytes,
                            const Moment& moment) {
  const auto move = [&](uint64_t& sum, uint64_t& peak, uint64_t& peak_us) {
    const uint64_t now = ring::fetch_add(sum, change_bytes, moment.threads) + change_bytes;
    if (now > Ledger::load(peak) && now < kImpossible && Ledger::raise(peak, now))
      peak_us = moment.now_us;
  };
  move(site.live_bytes, site.peak_live_bytes, site.peak_us);
  ring::LiveHeader& header = ledger_->live();
  if (of_heap) move(header.live_bytes, header.peak_live_bytes, header.peak_us);
}

// Freed as this thread's newest sample: a candidate for a pool or the stack.
void BlockLedger::note_temporary(uintptr_t address, ring::Site& site, const Moment& moment) {
  if (t_state.last_sample != address) return;
  ring::add(site.temporary, 1, moment.threads);
  t_state.last_sample = 0;
}

}  // namespace dbgtrace::hooks::alloc
