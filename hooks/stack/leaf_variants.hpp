// SPDX-License-Identifier: Apache-2.0
// The newest stacks of a thread that differ next to the leaf only: a function allocates here and
// frees there, a loop calls one function after the other. A variant is what a walk from one start
// reads up to a frame of the memo; that the rest is as it was, the memo's own words say. Since
// everything that a walk would read is compared, in the same order, a variant that fits is the
// walk.
//
//   memo      main | f | g | h         a variant of the callers f: q | r, with the words between
//   variant        f | q | r           f and r's start, and what was noted of main | f | q | r
#pragma once

#include <cstdint>

#include "hooks/stack/registers.hpp"

namespace dbgtrace::hooks::stack {

struct StackWord {
  uintptr_t at;
  uintptr_t value;
};

struct LeafVariant {
  static constexpr uint32_t kMaxWords = 8;

  // Where the walk starts; fp only if it matters.
  uintptr_t pc;  // 0: no variant
  uintptr_t sp;
  uintptr_t fp;
  uint64_t outer_hash;  // of the frame of the memo that it comes to, and all outer ones
  uintptr_t outer_fp;
  uint32_t outer_flags;
  uint32_t tag;  // of the note
  uint32_t value;
  uint32_t version;  // of the loaded code, as in the memo
  uint16_t outer;    // index of that frame
  uint8_t word_count;
  bool fp_matters;
  StackWord words[kMaxWords];  // outermost first, that of the outer frame's return address
};
static_assert(sizeof(LeafVariant) == 192);

// Zero at first. Thread-safety: one thread. Signal-safety: as the memo's. Allocates: never.
struct LeafVariants {
  static constexpr uint32_t kCount = 128;

  // By the start, and by the first return address above it: of many callers of the same leaf.
  LeafVariant& at(uintptr_t pc, uintptr_t sp, uintptr_t caller) {
    return variants[place_of(pc, sp, caller)];
  }
  const LeafVariant& at(uintptr_t pc, uintptr_t sp, uintptr_t caller) const {
    return variants[place_of(pc, sp, caller)];
  }
  static uint64_t place_of(uintptr_t pc, uintptr_t sp, uintptr_t caller) {
    return (pc + caller * 8 + (sp >> 3)) * uint64_t{0x9e37'79b9'7f4a'7c15} >> 57;
  }

  LeafVariant variants[kCount];
};

}  // namespace dbgtrace::hooks::stack
