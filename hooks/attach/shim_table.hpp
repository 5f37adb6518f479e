// SPDX-License-Identifier: Apache-2.0
// The functions that this library stands in for: each name that it exports, with its own function
// and the one that the program calls without it.
#pragma once

#include <cstdint>

namespace dbgtrace::hooks::attach {

struct Shim {
  const char* name;
  uintptr_t own;
  uintptr_t original;  // what a slot of the program holds; only such a slot is changed
};

// Thread-safety: constant after resolve. Signal-safety: yes. Allocates: never.
class ShimTable {
 public:
  constexpr ShimTable() = default;

  // Looks all of them up anew. Nothing else may load or unload meanwhile.
  void resolve();

  // By a value that was found in a slot, quickly: could it be one of the originals? Others pass as
  // one in some fifty, and only those cost a look at their name.
  bool may_be_original(uintptr_t value) const {
    return value >= lowest_ && value <= highest_ && (marks_[word_of(value)] & bit_of(value)) != 0;
  }
  // Null: the name is none of ours, or nobody else has it.
  const Shim* find(const char* name) const;

 private:
  static constexpr uint32_t kMaxShims = 160;
  static constexpr uint32_t kMarkBits = 8192;

  static uint32_t mark_of(uintptr_t value) {
    return static_cast<uint32_t>(value * uint64_t{0x9e3779b97f4a7c15} >> 32) % kMarkBits;
  }
  static uint32_t word_of(uintptr_t value) { return mark_of(value) / 64; }
  static uint64_t bit_of(uintptr_t value) { return uint64_t{1} << mark_of(value) % 64; }

  uint32_t count_ = 0;
  uintptr_t lowest_ = ~uintptr_t{0};
  uintptr_t highest_ = 0;
  uint64_t marks_[kMarkBits / 64] = {};
  uint32_t hashes_[kMaxShims] = {};
  Shim shims_[kMaxShims] = {};
};

}  // namespace dbgtrace::hooks::attach
