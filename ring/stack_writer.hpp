// SPDX-License-Identifier: Apache-2.0
// Appends stacks to the arena. A stack is stored once, when its site is made; who finds an equal
// stack again is the site table.
#pragma once

#include <cstdint>
#include <span>

#include "ring/ledger.hpp"

namespace dbgtrace::ring {

struct NewStack {
  std::span<const uint64_t> pcs;  // innermost first, at most kMaxFrames
  uint64_t time_us;
  uint32_t omitted_frames;  // between the first kLeafFrames and the rest, when cut
  bool truncated;
};

// The reference of the stored stack, or 0 if the arena is full or the space was refused (counted).
// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
uint32_t store_stack(const Ledger& ledger, const NewStack& stack);

}  // namespace dbgtrace::ring
