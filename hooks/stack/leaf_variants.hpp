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
  uint32_t caller;             // the lower half of the first return address
  StackWord words[kMaxWords];  // outermost first, that of the outer frame's return address
};
static_assert(sizeof(LeafVariant) == 192);

// In sets of two, by the start and by the first return address above it: of many callers of the
// same leaf. Zero at first. Thread-safety: one thread. Signal-safety: as the memo's. Allocates:
// never.
struct LeafVariants {
  static constexpr uint32_t kCount = 128;

  // The variant that starts so, if there is one; else another, which is_for() tells.
  const LeafVariant& find(uintptr_t pc, uintptr_t sp, uintptr_t caller) const {
    const LeafVariant* first = variants + place_of(pc, sp, caller);
    return is_for(*first, pc, sp, caller) ? *first : variants[(first - variants) ^ 1];
  }
  // Its place, or one for it. turn: any number, better not always the same.
  LeafVariant& place(uintptr_t pc, uintptr_t sp, uintptr_t caller, uint64_t turn) {
    LeafVariant& first = variants[place_of(pc, sp, caller)];
    LeafVariant& second = variants[(&first - variants) ^ 1];
    if (is_for(first, pc, sp, caller)) return first;
    if (is_for(second, pc, sp, caller)) return second;
    return turn % 2 == 0 ? first : second;
  }

  static bool is_for(const LeafVariant& variant, uintptr_t pc, uintptr_t sp, uintptr_t caller) {
    return variant.caller == static_cast<uint32_t>(caller) && variant.pc == pc && variant.sp == sp;
  }
  static uint64_t place_of(uintptr_t pc, uintptr_t sp, uintptr_t caller) {
    return (pc + caller * 8 + (sp >> 3)) * uint64_t{0x9e37'79b9'7f4a'7c15} >> 57;
  }

  LeafVariant variants[kCount];
};

}  // namespace dbgtrace::hooks::stack
