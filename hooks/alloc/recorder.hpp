// SPDX-License-Identifier: Apache-2.0
// What tracker.cpp and resize.cpp share: the blocks that the recording follows, and when and by
// whom something happens.
#pragma once

#include "hooks/alloc/block_ledger.hpp"
#include "hooks/alloc/tracker.hpp"

namespace dbgtrace::hooks::alloc {

extern constinit BlockLedger g_blocks;

// Thread-safety: yes. Signal-safety: yes. Allocates: never.
Moment this_moment();
// A process that does not record (yet) frees or moves a block: a forked child its parent's.
void forget_unrecorded(uintptr_t address);

inline Totals totals_of(const Hit& hit) {
  if (!hit.counted) return Totals::kEstimated;
  return hit.is_growth ? Totals::kAlready : Totals::kCounted;
}

}  // namespace dbgtrace::hooks::alloc
