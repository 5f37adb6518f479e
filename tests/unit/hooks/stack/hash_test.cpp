// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/hash.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace dbgtrace::hooks::stack;

TEST_CASE("a stack's hash can be continued from that of its outer frames") {
  const std::array<uintptr_t, 4> frames{0x4001, 0x4002, 0x4003, 0x4004};  // leaf first
  const uint64_t outer = stack_hash(std::span(frames).subspan(2), 7);
  CHECK(extend_hash(extend_hash(outer, 0x4002, 7), 0x4001, 7) == stack_hash(frames, 7));
}

TEST_CASE("order, depth and load generation all change a stack's hash") {
  const std::array<uintptr_t, 2> a{1, 2};
  const std::array<uintptr_t, 2> b{2, 1};
  CHECK(stack_hash(a, 0) != stack_hash(b, 0));
  CHECK(stack_hash(a, 0) != stack_hash(a, 1));
  CHECK(stack_hash(a, 0) != stack_hash(std::span(a).first(1), 0));
  CHECK(stack_hash({}, 0) != 0);
}

TEST_CASE("stacks that differ in one nearby pc have different hashes") {
  std::set<uint64_t> seen;
  constexpr unsigned kCount = 20000;
  for (unsigned i = 0; i < kCount; ++i) {
    const std::array<uintptr_t, 3> frames{0x5555'0000 + i, 0x7fff'1234, 0x40'0000};
    seen.insert(stack_hash(frames, 0));
  }
  CHECK(seen.size() == kCount);
}
