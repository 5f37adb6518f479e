// SPDX-License-Identifier: Apache-2.0
// Follows recorded blocks through the ledger: birth, growth, death, each into the live table, the
// sums of the thread and of the site, the long memories and the history. Time, thread and site are
// arguments: it runs the same in a test with a simulated clock as inside a program.
#pragma once

#include "hooks/alloc/free_filter.hpp"
#include "hooks/alloc/interval.hpp"
#include "hooks/alloc/live_blocks.hpp"
#include "hooks/alloc/live_index.hpp"
#include "ring/event_writer.hpp"
#include "ring/site_table.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::hooks::alloc {

// When, and by whom. threads: how many the process has at this moment.
struct Moment {
  uint64_t now_us;
  uint32_t thread;
  ring::Threads threads;
};

// kEstimated: the sums of births are those of weighted samples. kCounted: every allocation is
// counted as it is, whether its block is followed or not. kAlready: this one was.
enum class Totals { kEstimated, kCounted, kAlready };

struct Growth {
  uint64_t bytes;   // more than before, 0 when it shrank
  bool sampled;     // whether the growth was hit
  uint16_t weight;  // of the hit
  Totals totals;
};

// Thread-safety: yes, lock-free; one block is handled by one thread at a time, as the program
// itself does. Signal-safety: yes. Allocates: never.
class BlockLedger {
 public:
  constexpr BlockLedger(LiveIndex& index, LiveSlots& slots, FreeFilter& filter, Interval& interval)
      : index_(index), slots_(slots), filter_(filter), interval_(interval) {}

  // False: the disk refuses the first pages.
  bool start(const ring::Ledger& ledger, ring::EventWriter& events);

  // block.site is site.id; the block's time is its birth. state: held, or a mapping.
  void born(uintptr_t address, const ring::SiteRef& site, const Block& block, ring::LiveState state,
            Totals totals, ring::Threads threads) {
    if (totals != Totals::kCounted || block.weight != ring::kWeightOne)
      return born_weighted(address, site, block, state, totals, threads);
    if (threads == ring::Threads::kOne) return born_to_only_thread(address, site, block);
    born_to_one_of_many(address, site, block);
  }
  // Kind::kCounted only: an allocation whose block is not followed.
  void born_unseen(ring::Site& site, uint64_t size_bytes, const Moment& moment);
  // The same of bytes by which such a block grew.
  void grown_unseen(ring::Site& site, uint64_t bytes, const Moment& moment);

  // The block that lives at an address.
  LiveIndex::Found find(uintptr_t address) const { return index_.find(address, slots_); }
  // The same in two steps, and the first one of born().
  LiveIndex::Guess guess(uintptr_t address) const { return index_.guess(address, slots_); }
  LiveIndex::Found confirm(const LiveIndex::Guess& guess, uintptr_t address) const {
    return index_.confirm(guess, address, slots_);
  }
  void fetch_for_birth(uintptr_t address) const { index_.fetch(address); }
  static bool is_ours(LiveIndex::Found found) { return found.slot != kNoSlot; }

  // A block of ours is freed, by the stack of free_site (id 0: unknown). False: another thread
  // frees it at this moment.
  bool freed(LiveIndex::Found found, uintptr_t address, ring::SiteRef free_site,
             const Moment& moment) {
    return moment.threads == ring::Threads::kOne
               ? freed_by_only_thread(found, address, free_site, moment)
               : freed_by_one_of_many(found, address, free_site, moment);
  }

  // A realloc in three steps: detach before the real call, then one of the others. kNoSlot: another
  // thread has it.
  uint32_t detach(LiveIndex::Found found, uintptr_t address, Block& block, ring::Threads threads);
  void put_back(uint32_t slot, uintptr_t address, const Moment& moment);
  void resized(uint32_t slot, uintptr_t old_address, uintptr_t address, uint64_t new_bytes,
               const Growth& growth, const Moment& moment);
  void freed_by_resize(uint32_t slot, uintptr_t old_address, ring::SiteRef free_site,
                       const Moment& moment);

  // The block at this address, if it is a mapping.
  bool find_mapping(uintptr_t address, Block& block) const;

  // A block that a forked child inherited is gone; false if it is none.
  bool forget_inherited(LiveIndex::Found found, uintptr_t address, ring::Threads threads);

 private:
  ring::Thread& cell_of(uint32_t thread) const;
  // Only its own thread writes a cell, but for the one of all that have none.
  static ring::Threads writers_of(const Moment& moment) {
    return moment.thread == 0 ? moment.threads : ring::Threads::kOne;
  }
  void born_weighted(uintptr_t address, const ring::SiteRef& site, const Block& block,
                     ring::LiveState state, Totals totals, ring::Threads threads);
  // Where the number of threads is known, nothing further in has to ask for it.
  void born_to_only_thread(uintptr_t address, ring::SiteRef site, const Block& block);
  void born_to_one_of_many(uintptr_t address, ring::SiteRef site, const Block& block);
  void born_exact(uintptr_t address, ring::SiteRef site, Block block, ring::Threads threads);
  bool freed_by_only_thread(LiveIndex::Found found, uintptr_t address, ring::SiteRef free_site,
                            const Moment& moment);
  bool freed_by_one_of_many(LiveIndex::Found found, uintptr_t address, ring::SiteRef free_site,
                            const Moment& moment);
  bool freed_at(LiveIndex::Found found, uintptr_t address, ring::SiteRef free_site, Moment moment);
  void count_birth(ring::Site& site, uint64_t size_bytes, uint64_t site_bytes, bool of_heap,
                   const Moment& moment);
  bool settle(uintptr_t address, ring::LiveState state, const Block& block, const Moment& moment);
  bool enter(uintptr_t address, uint32_t slot, const Moment& moment);
  bool enter_again(uintptr_t address, uint32_t slot, LiveIndex::Inserted result,
                   const Moment& moment);
  void replace_stale(LiveIndex::Found stale, uintptr_t address, uint32_t new_slot,
                     const Moment& moment);
  bool tears_down(uint32_t slot, uintptr_t address);
  void bury(uintptr_t address, uint32_t slot, ring::SiteRef free_site, const Moment& moment);
  void unlearn(uintptr_t address, ring::LiveState state, const Block& block,
               ring::SiteRef free_site, const Moment& moment);
  void move_live(ring::Site& site, bool of_heap, uint64_t change_bytes, const Moment& moment);
  void note_temporary(uintptr_t address, ring::Site& site, const Moment& moment);

  LiveIndex& index_;
  LiveSlots& slots_;
  FreeFilter& filter_;
  Interval& interval_;
  const ring::Ledger* ledger_ = nullptr;
  ring::EventWriter* events_ = nullptr;
  bool logs_events_ = false;  // the history has room for samples, not for every allocation
};

}  // namespace dbgtrace::hooks::alloc
