// SPDX-License-Identifier: Apache-2.0
// How long the blocks of a call stack lived: how many of them by powers of two of a microsecond.
// Of a hundred thousand stacks most lost no more blocks than the eight that fit in here; the others
// have all buckets, elsewhere.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ring/layout.hpp"

namespace dbgtrace::reader::trace {

class Lifetimes {
 public:
  using Counts = std::array<uint64_t, ring::kLifetimeBuckets>;

  bool empty() const { return first_[0] == 0 && all_.empty(); }
  uint64_t operator[](size_t bucket) const {
    return all_.empty()
               ? static_cast<uint64_t>(std::count(first_.begin(), first_.end(), bucket + 1))
               : all_[bucket];
  }
  void add(size_t bucket, uint64_t blocks = 1) {
    if (blocks == 0) return;
    const auto place = std::find(first_.begin(), first_.end(), 0);
    if (blocks == 1 && all_.empty() && place != first_.end()) {
      *place = static_cast<uint8_t>(bucket + 1);
      return;
    }
    if (all_.empty()) {
      all_.resize(ring::kLifetimeBuckets);
      for (auto first = first_.begin(); first != place; ++first) ++all_[*first - 1u];
    }
    all_[bucket] += blocks;
  }
  void add_to(Counts& sums) const {
    for (size_t k = 0; k < all_.size(); ++k) sums[k] += all_[k];
    if (!all_.empty()) return;
    for (size_t i = 0; i < first_.size() && first_[i] != 0; ++i) ++sums[first_[i] - 1u];
  }

 private:
  std::array<uint8_t, ring::kFirstLifetimes> first_{};  // bucket + 1; while all_ is empty
  std::vector<uint64_t> all_;
};

}  // namespace dbgtrace::reader::trace
