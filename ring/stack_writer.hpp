// SPDX-License-Identifier: Apache-2.0
// Appends stacks to the arena. A stack is stored once, when its site is made; who finds an equal
// stack again is the site table.
#pragma once

#include <cstdint>
#include <span>

#include "ring/ledger.hpp"

namespace dbgtrace::ring {

// A stored stack whose outermost `frames` frames are also those of another one. reference 0: none.
struct ParentStack {
  uint32_t reference = 0;
  uint32_t frames = 0;
};

struct NewStack {
  std::span<const uint64_t> pcs;  // innermost first, at most kMaxFrames; those of the parent too
  uint64_t time_us;
  uint32_t omitted_frames;  // between the first kLeafFrames and the rest, when cut
  bool truncated;
  ParentStack parent = {};  // so that only the frames before its own are written
};

// Whether the stack at this reference can bear one more link of a chain (kMaxChain).
bool may_be_parent(const Ledger& ledger, uint32_t reference);

// The reference of the stored stack, or 0 if the arena is full or the space was refused (counted).
// A parent that will not do is left out. Thread-safety: yes, lock-free. Signal-safety: yes.
// Allocates: never.
uint32_t store_stack(const Ledger& ledger, const NewStack& stack);

}  // namespace dbgtrace::ring
