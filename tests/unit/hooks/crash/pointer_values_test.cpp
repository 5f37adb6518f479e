// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/pointer_values.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <utility>
#include <vector>

using namespace dbgtrace::hooks::crash;
using dbgtrace::ring::PointerFrom;

namespace {

using Found = std::vector<std::pair<uint64_t, uint32_t>>;  // value, distance

Found near(PointerValues& values, uint64_t address, uint64_t size) {
  Found found;
  values.for_each_near(address, size, [&](const PointerValues::Value& value, uint32_t distance) {
    found.emplace_back(value.value, distance);
  });
  return found;
}

std::unique_ptr<PointerValues> of(const std::vector<uint64_t>& list,
                                  PointerFrom from = PointerFrom::kRegister) {
  auto values = std::make_unique<PointerValues>();
  values->clear();
  for (uint32_t i = 0; i < list.size(); ++i) values->add(list[i], from, i);
  values->sort();
  return values;
}

}  // namespace

TEST_CASE("a value inside a block is found at distance 0, at its first and at its last byte") {
  const auto values = of({0x55550000, 0x5555003f, 0x55550040});
  CHECK(near(*values, 0x55550000, 0x40) ==
        Found{{0x55550000, 0}, {0x5555003f, 0}, {0x55550040, 1}});
}

TEST_CASE("a value closely behind or before a block is found with its distance, a far one is not") {
  const auto values = of({0x55550000 - 64, 0x55550000 - 65, 0x55550100 + 63, 0x55550100 + 64});
  CHECK(near(*values, 0x55550000, 0x100) == Found{{0x55550000 - 64, 64}, {0x5555013f, 64}});
}

TEST_CASE("a fault address counts up to a page behind a block") {
  const auto values = of({0x55551000}, PointerFrom::kFaultAddress);
  CHECK(near(*values, 0x55550010, 0xff0) == Found{{0x55551000, 1}});
  CHECK(near(*values, 0x55550010, 0x10) == Found{{0x55551000, 0xfe1}});
  CHECK(near(*values, 0x5554f000, 0x10).empty());
}

TEST_CASE("a block of no bytes is found by its address") {
  const auto values = of({0x55550000});
  CHECK(near(*values, 0x55550000, 0) == Found{{0x55550000, 0}});
}

TEST_CASE("a block of many pages is found by a value in its midst") {
  const auto values = of({0x7f0012345678});
  CHECK(near(*values, 0x7f0000000000, uint64_t{1} << 40) == Found{{0x7f0012345678, 0}});
}

TEST_CASE("null, small numbers and what is no address are not values") {
  const auto values = of({0, 8, 65535, uint64_t{1} << 48, ~uint64_t{0}, 65536});
  CHECK(values->all().size() == 1);
}

TEST_CASE("of equal values the most telling mention stays") {
  PointerValues& values = *std::make_unique<PointerValues>().release();
  values.clear();
  values.add(0x55550000, PointerFrom::kStackWord, 3);
  values.add(0x55550000, PointerFrom::kRegister, 7);
  values.add(0x55550000, PointerFrom::kRegister, 2);
  values.sort();
  REQUIRE(values.all().size() == 1);
  CHECK(values.all()[0].from == PointerFrom::kRegister);
  CHECK(values.all()[0].index == 2);
  delete &values;
}

TEST_CASE("every value among many is found, and no more can be added than there is room") {
  auto values = std::make_unique<PointerValues>();
  values->clear();
  uint64_t state = 1;
  std::vector<uint64_t> added;
  for (;;) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const uint64_t value = 0x7f0000000000 + (state >> 33) * 256;
    if (!values->add(value, PointerFrom::kStackWord, static_cast<uint32_t>(added.size()))) break;
    added.push_back(value);
  }
  CHECK(added.size() == PointerValues::kMaxValues);
  values->sort();
  for (const uint64_t value : added) {
    REQUIRE(near(*values, value - 32, 64) == Found{{value, 0}});
  }
}
