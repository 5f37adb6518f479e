// SPDX-License-Identifier: Apache-2.0
// From address ranges that may nest, overlap or repeat to "the innermost range over this address",
// by one binary search. Symbols, compilation units and DIEs all ask that question; flattening the
// ranges once into disjoint segments keeps the answer logarithmic even for hostile nestings.
#pragma once

#include <cstdint>
#include <vector>

namespace dbgtrace::reader::symbols {

class AddressMap {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // [low, high). Of two equal ranges the one that was added later is the inner one.
  void add(uint64_t low, uint64_t high, uint32_t value);
  // Call once, after the last add and before the first find.
  void seal();

  uint32_t find(uint64_t address) const;

 private:
  struct Range {
    uint64_t low;
    uint64_t high;
    uint32_t value;
  };
  struct Segment {
    uint64_t start;  // holds up to the next segment's start
    uint32_t value;
  };
  void begin_segment(uint64_t start, uint32_t value);

  std::vector<Range> ranges_;  // emptied by seal
  std::vector<Segment> segments_;
};

}  // namespace dbgtrace::reader::symbols
