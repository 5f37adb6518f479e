// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/hash.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace dbgtrace::hooks::stack;

namespace {

uint64_t hash_with(std::span<const uintptr_t> frames, uint64_t salt) {
  return stack_hash(frames, [salt](uintptr_t) { return salt; });
}

}  // namespace

TEST_CASE("a stack's hash can be continued from that of its outer frames") {
  const std::array<uintptr_t, 4> frames{0x4001, 0x4002, 0x4003, 0x4004};  // leaf first
  const uint64_t outer = hash_with(std::span(frames).subspan(2), 7);
  CHECK(extend_hash(extend_hash(outer, 0x4002, 7), 0x4001, 7) == hash_with(frames, 7));
}

TEST_CASE("order, depth and load generation all change a stack's hash") {
  const std::array<uintptr_t, 2> a{1, 2};
  const std::array<uintptr_t, 2> b{2, 1};
  CHECK(hash_with(a, 0) != hash_with(b, 0));
  CHECK(hash_with(a, 0) != hash_with(a, 1));
  CHECK(hash_with(a, 0) != hash_with(std::span(a).first(1), 0));
  CHECK(hash_with({}, 0) != 0);
}

TEST_CASE("stacks that differ in one nearby pc have different hashes") {
  std::set<uint64_t> seen;
  constexpr unsigned kCount = 20000;
  for (unsigned i = 0; i < kCount; ++i) {
    const std::array<uintptr_t, 3> frames{0x5555'0000 + i, 0x7fff'1234, 0x40'0000};
    seen.insert(hash_with(frames, 0));
  }
  CHECK(seen.size() == kCount);
}
