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

  // By a value that was found in a slot, quickly: could it be one of the originals?
  bool may_be_original(uintptr_t value) const { return value >= lowest_ && value <= highest_; }
  // Null: the name is none of ours, or nobody else has it.
  const Shim* find(const char* name) const;

 private:
  static constexpr uint32_t kMaxShims = 160;

  uint32_t count_ = 0;
  uintptr_t lowest_ = ~uintptr_t{0};
  uintptr_t highest_ = 0;
  uint32_t hashes_[kMaxShims] = {};
  Shim shims_[kMaxShims] = {};
};

}  // namespace dbgtrace::hooks::attach
