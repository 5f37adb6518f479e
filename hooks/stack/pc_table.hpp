// SPDX-License-Identifier: Apache-2.0
// The process-wide memory of rules, 65,536 words, direct-mapped. Multiplying a 48-bit pc by an odd
// number modulo 2^48 is a bijection: its upper 16 bits choose the slot and the lower 32 stand in
// the slot's upper half, so that one relaxed load both finds the rule and proves that it belongs to
// this pc. A slot can be inverted to its pc, which is how a range is cleared. Any thread or signal
// handler may read or write at any time; the worst that a race costs is one lookup.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hooks/stack/rule.hpp"

namespace dbgtrace::hooks::stack {

// Thread-safety: yes. Signal-safety: yes. Allocates: never (512 KiB of .bss, touched as used).
class PcTable {
 public:
  constexpr PcTable() = default;

  // An empty rule if there is none.
  Rule find(uintptr_t pc) const {
    const uint64_t scrambled = pc * kMultiplier & kMask;
    const uint64_t word = slots_[scrambled >> 32].load(std::memory_order_relaxed);
    if (word >> 32 != (scrambled & 0xffff'ffff) || pc > kMask) [[unlikely]]
      return Rule();
    return Rule(static_cast<uint32_t>(word));
  }

  void insert(uintptr_t pc, Rule rule);
  void clear();
  void clear_range(uintptr_t low, uintptr_t high);  // every pc in [low, high)

 private:
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kMultiplier = 0x9e37'79b9'7f4b;  // odd, 2^48 / golden ratio
  static constexpr size_t kSlots = 65536;

  // The product modulo 2^48 in the upper 48 bits, which saves a mask on the walk's critical path.
  static constexpr uint64_t scramble(uintptr_t pc) { return pc * (kMultiplier << 16); }
  static constexpr size_t slot_of(uint64_t scrambled) { return scrambled >> 48; }
  static constexpr uint32_t tag_of(uint64_t scrambled) {
    return static_cast<uint32_t>(scrambled >> 16);
  }

  std::atomic<uint64_t> slots_[kSlots] = {};
};

}  // namespace dbgtrace::hooks::stack
