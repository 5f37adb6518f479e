// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/pointer_values.hpp"

#include <algorithm>
#include <cstring>

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint64_t kLowest = 65536;
constexpr uint64_t kHighest = uint64_t{1} << 48;

bool is_before(const PointerValues::Value& a, const PointerValues::Value& b) {
  if (a.value != b.value) return a.value < b.value;
  if (a.from != b.from) return a.from < b.from;
  return a.index < b.index;
}

}  // namespace

void PointerValues::clear() {
  count_ = 0;
  std::memset(pages_, 0, sizeof(pages_));
}

void PointerValues::mark(uint64_t address) {
  const uint64_t bit = address >> 12 & ((1u << kPageBits) - 1);
  pages_[bit / 64] |= uint64_t{1} << (bit % 64);
}

bool PointerValues::add(uint64_t value, ring::PointerFrom from, uint32_t index) {
  if (value < kLowest || value >= kHighest || count_ == kMaxValues) return false;
  values_[count_++] = {value, index, from, kNone, kNone, 0, 0};
  mark(value);
  if (from == ring::PointerFrom::kFaultAddress) mark(value - kNearFaultBytes);
  return true;
}

// Heapsort: no recursion, no memory, no bad case.
void PointerValues::sort() {
  std::make_heap(values_, values_ + count_, is_before);
  std::sort_heap(values_, values_ + count_, is_before);
  const auto same = [](const Value& a, const Value& b) { return a.value == b.value; };
  count_ = static_cast<uint32_t>(std::unique(values_, values_ + count_, same) - values_);
}

uint32_t PointerValues::first_at_least(uint64_t value) const {
  const auto less = [](const Value& a, uint64_t b) { return a.value < b; };
  return static_cast<uint32_t>(std::lower_bound(values_, values_ + count_, value, less) - values_);
}

}  // namespace dbgtrace::hooks::crash
