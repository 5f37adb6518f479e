// SPDX-License-Identifier: Apache-2.0
// Divides a file of a given size into sections: black box min(4 MiB, 1/4), ledger 1/2, ring the
// rest. Where every allocation is recorded the live table needs room for a million blocks and the
// history is short, so the ledger takes what the ring can spare: the ring keeps 1/16
// (docs/decisions/0008-shares-in-full-mode.md).
#pragma once

#include <cstdint>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

struct Plan {
  uint64_t file_bytes;
  Section sections[kSectionCount];
};

// file_bytes is at least kMinFileBytes. Offsets are multiples of 4,096, sizes fit, capacities of
// hash tables (sites, live) are powers of two.
Plan make_plan(uint64_t file_bytes, bool every_allocation);

}  // namespace dbgtrace::ring
