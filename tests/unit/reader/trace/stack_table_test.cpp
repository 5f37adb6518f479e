// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/stack_table.hpp"

#include <catch2/catch.hpp>

namespace dbgtrace::reader::trace {

TEST_CASE("a new table of stacks has the empty one") {
  const StackTable stacks;
  REQUIRE(stacks.size() == 1);
  CHECK_FALSE(stacks.has_frames(0));
  CHECK(stacks[0].pcs.empty());
}

TEST_CASE("a stack comes back from the table as it was put in") {
  StackTable stacks;
  const Stack deep{.pcs = std::vector<uint64_t>(ring::kMaxFrames, 0x1234),
                   .time_us = 99,
                   .omitted_frames = 17,
                   .truncated = true};
  CHECK(stacks.add({.pcs = {1, 2, 3}, .time_us = 5, .exact_leaf = true}) == 1);
  CHECK(stacks.add(Stack{}) == 2);
  CHECK(stacks.add(deep) == 3);
  CHECK(stacks[1].pcs == std::vector<uint64_t>{1, 2, 3});
  CHECK(stacks[1].time_us == 5);
  CHECK(stacks[1].exact_leaf);
  CHECK_FALSE(stacks[1].truncated);
  CHECK_FALSE(stacks.has_frames(2));
  CHECK(stacks[3].pcs == deep.pcs);
  CHECK(stacks[3].omitted_frames == 17);
  CHECK(stacks[3].truncated);
}

}  // namespace dbgtrace::reader::trace
