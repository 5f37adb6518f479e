// SPDX-License-Identifier: Apache-2.0
// Follows sampled blocks through the ledger: birth, growth, death, each into the live table, the
// sums of the process and of the site, the long memories and the history. Time, thread and site are
// arguments: it runs the same in a test with a simulated clock as inside a program.
#pragma once

#include "hooks/alloc/free_filter.hpp"
#include "hooks/alloc/interval.hpp"
#include "hooks/alloc/live_blocks.hpp"
#include "ring/event_writer.hpp"
#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

struct Growth {
  uint64_t bytes;   // more than before, 0 when it shrank
  bool sampled;     // whether the growth was hit
  uint16_t weight;  // of the hit
  bool exact;       // every allocation is recorded
};

// Thread-safety: yes, lock-free; one block is handled by one thread at a time, as the program
// itself does. Signal-safety: yes. Allocates: never.
class BlockLedger {
 public:
  constexpr BlockLedger(LiveIndex& index, FreeFilter& filter, Interval& interval)
      : index_(index), filter_(filter), interval_(interval) {}

  void start(const ring::Ledger& ledger, ring::EventWriter& events) {
    ledger_ = &ledger;
    events_ = &events;
  }

  // block.site is site.id; the block's time is its birth.
  void born(uintptr_t address, const ring::SiteRef& site, const Block& block);

  // False: no live sample of this recording has the address.
  bool freed(uintptr_t address, uint64_t now_us, uint32_t thread);

  // A realloc in three steps: detach before the real call (kNoSlot: the block is not sampled), then
  // one of the others.
  uint32_t detach(uintptr_t address, Block& block);
  void put_back(uint32_t slot, uintptr_t address);
  void resized(uint32_t slot, uintptr_t old_address, uintptr_t address, uint64_t new_bytes,
               const Growth& growth, uint64_t now_us, uint32_t thread);
  void freed_by_resize(uint32_t slot, uintptr_t old_address, uint64_t now_us, uint32_t thread);

  // The live sample at this address, if it is a mapping.
  bool find_mapping(uintptr_t address, Block& block) const;

  // A block that a forked child inherited is gone; false if it is none.
  bool forget_inherited(uintptr_t address);

 private:
  bool settle(uintptr_t address, ring::LiveState state, const Block& block, uint64_t now_us);
  void bury(uintptr_t address, uint32_t slot, uint64_t now_us, uint32_t thread);
  void move_live(ring::Site& site, uint64_t change_bytes, uint64_t change_q15, uint64_t now_us);
  void note_point(ring::Site& site, uint64_t now_us);
  void note_temporary(uintptr_t address, ring::Site& site);

  LiveIndex& index_;
  FreeFilter& filter_;
  Interval& interval_;
  const ring::Ledger* ledger_ = nullptr;
  ring::EventWriter* events_ = nullptr;
};

}  // namespace dbgtrace::hooks::alloc
