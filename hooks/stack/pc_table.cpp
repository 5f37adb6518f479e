// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/pc_table.hpp"

namespace dbgtrace::hooks::stack {
namespace {

// Newton's iteration: each step doubles the number of right bits.
constexpr uint64_t inverse_of_odd(uint64_t value) {
  uint64_t inverse = value;
  for (int i = 0; i < 6; ++i) inverse *= 2 - value * inverse;
  return inverse;
}

}  // namespace

void PcTable::insert(uintptr_t pc, Rule rule) {
  if (pc > kMask || rule.empty()) return;
  const uint64_t scrambled = scramble(pc);
  slots_[slot_of(scrambled)].store(uint64_t{tag_of(scrambled)} << 32 | rule.word(),
                                   std::memory_order_relaxed);
}

void PcTable::clear() { clear_range(0, kMask + 1); }

void PcTable::clear_range(uintptr_t low, uintptr_t high) {
  constexpr uint64_t kInverse = inverse_of_odd(kMultiplier);
  static_assert(kInverse * kMultiplier == 1);
  for (size_t i = 0; i < kSlots; ++i) {
    const uint64_t word = slots_[i].load(std::memory_order_relaxed);
    if (word == 0) continue;  // untouched pages stay untouched
    const uint64_t pc = ((uint64_t{i} << 32 | word >> 32) * kInverse) & kMask;
    if (pc >= low && pc < high) slots_[i].store(0, std::memory_order_relaxed);
  }
}

}  // namespace dbgtrace::hooks::stack
