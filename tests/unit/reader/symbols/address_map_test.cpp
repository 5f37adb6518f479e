// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/address_map.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

namespace dbgtrace::reader::symbols {

TEST_CASE("an empty address map knows nothing") {
  AddressMap map;
  map.seal();
  CHECK(map.find(0) == AddressMap::kNone);
  CHECK(map.find(UINT64_MAX) == AddressMap::kNone);
}

TEST_CASE("the innermost of nested ranges answers, and the outer one around it") {
  AddressMap map;
  map.add(20, 30, 2);
  map.add(10, 100, 1);
  map.add(25, 30, 3);
  map.seal();
  CHECK(map.find(9) == AddressMap::kNone);
  CHECK(map.find(10) == 1);
  CHECK(map.find(20) == 2);
  CHECK(map.find(29) == 3);
  CHECK(map.find(30) == 1);
  CHECK(map.find(99) == 1);
  CHECK(map.find(100) == AddressMap::kNone);
}

TEST_CASE("of equal ranges the one added later answers") {
  AddressMap map;
  map.add(5, 8, 1);
  map.add(5, 8, 2);
  map.seal();
  CHECK(map.find(7) == 2);
}

TEST_CASE("empty and reversed ranges cover nothing") {
  AddressMap map;
  map.add(5, 5, 1);
  map.add(9, 3, 2);
  map.seal();
  CHECK(map.find(5) == AddressMap::kNone);
}

TEST_CASE("in any tangle of ranges the one that starts last answers") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    struct Range {
      uint64_t low, high;
      uint32_t value;
    };
    std::vector<Range> ranges;
    AddressMap map;
    for (uint32_t i = 0; i < 12; ++i) {
      const uint64_t low = random() % 40;
      ranges.push_back({low, low + random() % 20, i});
      map.add(ranges.back().low, ranges.back().high, i);
    }
    map.seal();
    std::stable_sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
      return a.low != b.low ? a.low < b.low : a.high > b.high;
    });
    for (uint64_t address = 0; address < 64; ++address) {
      uint32_t expected = AddressMap::kNone;
      for (const Range& r : ranges) {
        if (r.low <= address && address < r.high) expected = r.value;
      }
      REQUIRE(map.find(address) == expected);
    }
  }
}

}  // namespace dbgtrace::reader::symbols
