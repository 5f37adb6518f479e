// SPDX-License-Identifier: Apache-2.0
#include "ring/weight.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace dbgtrace::ring;

TEST_CASE("every 16-bit weight survives the way to fixed point and back") {
  uint64_t previous = 0;
  for (uint32_t weight = 0; weight <= 0xffff; ++weight) {
    const uint64_t q15 = weight_to_q15(static_cast<uint16_t>(weight));
    REQUIRE(weight_from_q15(q15) == weight);
    REQUIRE(q15 > previous);
    previous = q15;
  }
}

TEST_CASE("one is exact and has a code of its own") {
  CHECK(weight_to_q15(kWeightOne) == kOneQ15);
  CHECK(weight_to_double(kWeightOne) == 1.0);
  CHECK(weight_from_double(1.0) == kWeightOne);
}

TEST_CASE("a weight is rounded by at most one part in 4096") {
  for (double weight = 0.07; weight < 2e8; weight *= 1.0137) {
    const double rounded = weight_to_double(weight_from_double(weight));
    REQUIRE(std::abs(rounded - weight) <= weight / 4096 + 1.0 / 65536);
  }
}

TEST_CASE("what is out of range becomes the nearest weight") {
  CHECK(weight_from_double(0) == 0);
  CHECK(weight_from_double(-3) == 0);
  CHECK(weight_from_double(std::nan("")) == 0);
  CHECK(weight_from_double(1e300) == 0xffff);
  CHECK(weight_from_q15(~uint64_t{0}) == 0xffff);
}

TEST_CASE("weighted bytes round to nearest and saturate") {
  CHECK(weighted_bytes(kWeightOne, 12345) == 12345);
  CHECK(weighted_bytes(weight_from_double(0.5), 3) == 2);
  CHECK(weighted_bytes(0xffff, ~uint64_t{0}) == ~uint64_t{0});
}
