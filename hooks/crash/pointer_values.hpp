// SPDX-License-Identifier: Apache-2.0
// The values of a crash that may be pointers (fault address, registers, stack words), made ready to
// be compared with a million blocks: sorted, and behind a bitmap of their pages that answers for
// nearly every block with one or two loads.
#pragma once

#include <cstdint>
#include <span>

#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

inline constexpr uint64_t kNearBytes = 64;  // how closely before or behind a block a value counts
inline constexpr uint64_t kNearFaultBytes = 4096;  // behind; an overrun often ends a page later

// Thread-safety: one thread. Signal-safety: yes. Allocates: never (200 KiB in itself: static).
class PointerValues {
 public:
  static constexpr uint32_t kMaxValues = 8192 + 64;
  static constexpr uint32_t kNone = ~0u;

  struct Value {
    uint64_t value;
    uint32_t index;
    ring::PointerFrom from;
    // The best matches so far, in units of whoever matches.
    uint32_t live, freed;
    uint32_t live_distance, freed_distance;
  };

  constexpr PointerValues() = default;

  void clear();
  // The first mention of a value counts. False: no pointer (null and its neighbours, no address of
  // this architecture), or no room.
  bool add(uint64_t value, ring::PointerFrom from, uint32_t index);
  // Once, behind the last add.
  void sort();

  std::span<Value> all() { return {values_, count_}; }

  // For each value in or near [address, address + size): fun(value, distance), 0 if inside.
  template <typename Fun>
  void for_each_near(uint64_t address, uint64_t size_bytes, Fun fun) {
    const uint64_t low = address > kNearBytes ? address - kNearBytes : 0;
    const uint64_t end = address + (size_bytes == 0 ? 1 : size_bytes);
    if (!may_hold(low, end + kNearBytes)) return;
    for (uint32_t i = first_at_least(low); i < count_; ++i) {
      Value& value = values_[i];
      if (value.value >= end + kNearFaultBytes) return;
      uint64_t distance = 0;
      if (value.value < address) distance = address - value.value;
      if (value.value >= end) distance = value.value - end + 1;
      const bool is_fault = value.from == ring::PointerFrom::kFaultAddress;
      if (distance <= (is_fault ? kNearFaultBytes : kNearBytes)) {
        fun(value, static_cast<uint32_t>(distance));
      }
    }
  }

 private:
  static constexpr uint32_t kPageBits = 16;  // 8 KiB of bitmap
  static constexpr uint64_t kBigBlockPages = 32;

  void mark(uint64_t address);
  bool is_marked(uint64_t page) const {
    const uint64_t bit = page & ((1u << kPageBits) - 1);
    return (pages_[bit / 64] >> (bit % 64) & 1) != 0;
  }
  bool may_hold(uint64_t low, uint64_t high) const {
    const uint64_t first = low >> 12, last = (high - 1) >> 12;
    if (last - first > kBigBlockPages) return true;
    for (uint64_t page = first; page <= last; ++page) {
      if (is_marked(page)) return true;
    }
    return false;
  }
  uint32_t first_at_least(uint64_t value) const;

  Value values_[kMaxValues] = {};
  uint32_t count_ = 0;
  uint64_t pages_[(1u << kPageBits) / 64] = {};
};

}  // namespace dbgtrace::hooks::crash
