// SPDX-License-Identifier: Apache-2.0
// The sweep: ranges sorted by start, wider first, go onto a stack whose top is the innermost one.
#include "reader/symbols/address_map.hpp"

#include <algorithm>

namespace dbgtrace::reader::symbols {

void AddressMap::add(uint64_t low, uint64_t high, uint32_t value) {
  if (low < high) ranges_.push_back({low, high, value});
}

void AddressMap::begin_segment(uint64_t start, uint32_t value) {
  if (!segments_.empty() && segments_.back().start == start) {
    segments_.back().value = value;
  } else if (segments_.empty() || segments_.back().value != value) {
    segments_.push_back({start, value});
  }
}

void AddressMap::seal() {
  std::stable_sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
    return a.low != b.low ? a.low < b.low : a.high > b.high;
  });
  std::vector<const Range*> open;
  // Ranges that overlap without nesting can end below the top of the stack: they go with it.
  auto close_until = [&](uint64_t limit) {
    while (!open.empty() && open.back()->high <= limit) {
      const uint64_t end = open.back()->high;
      while (!open.empty() && open.back()->high <= end) open.pop_back();
      begin_segment(end, open.empty() ? kNone : open.back()->value);
    }
  };
  for (const Range& range : ranges_) {
    close_until(range.low);
    open.push_back(&range);
    begin_segment(range.low, range.value);
  }
  close_until(UINT64_MAX);
  ranges_ = {};
}

uint32_t AddressMap::find(uint64_t address) const {
  auto after = std::upper_bound(segments_.begin(), segments_.end(), address,
                                [](uint64_t a, const Segment& s) { return a < s.start; });
  return after == segments_.begin() ? kNone : std::prev(after)->value;
}

}  // namespace dbgtrace::reader::symbols
