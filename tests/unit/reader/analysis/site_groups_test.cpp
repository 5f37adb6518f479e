// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/site_groups.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;
namespace trace = reader::trace;

// A plugin that was loaded, unloaded, and loaded elsewhere: two sites of the same code.
trace::Trace plugin_loaded_twice() {
  trace::Trace recording;
  recording.modules = {{0x1000, 0x2000, 0x1000, 0, 0, "/usr/bin/host", "aa"},
                       {0x5000, 0x6000, 0x5000, 10, 90, "/lib/plugin.so", "bb"},
                       {0x7000, 0x8000, 0x7000, 100, 0, "/lib/plugin.so", "bb"}};
  recording.stacks.add({{0x5010, 0x1100}, 50, 0, false, false});
  recording.stacks.add({{0x7010, 0x1100}, 150, 0, false, false});
  recording.stacks.add({{0x7020, 0x1100}, 150, 0, false, false});
  recording.sites.resize(4);
  for (uint32_t i = 0; i < 4; ++i) {
    recording.sites[i].id = recording.sites[i].stack = i;
    recording.sites[i].births.hits = 10 * i;
    recording.sites[i].has_history = true;
    recording.live.push_back({0x100 + i, 8, 0, 1, i, 0, ring::LiveState::kHeld});
  }
  return recording;
}

// Two sites with these stacks of the program's own code, and with these hashes by the recorder.
trace::Trace two_sites(std::array<uint64_t, 2> pcs, std::array<uint64_t, 2> hashes) {
  trace::Trace recording;
  recording.modules = {{0x1000, 0x2000, 0x1000, 0, 0, "/usr/bin/host", "aa"},
                       {0x5000, 0x6000, 0x5000, 10, 0, "/lib/plugin.so", "bb"}};
  recording.sites.resize(3);
  for (uint32_t i = 1; i < 3; ++i) {
    recording.sites[i].id = i;
    recording.sites[i].stack = recording.stacks.add({.pcs = {pcs[i - 1], 0x1100}, .time_us = 50});
    recording.sites[i].stack_hash = hashes[i - 1];
  }
  return recording;
}

}  // namespace

TEST_CASE("sites of one call stack are one group, also across an unloaded plugin") {
  const auto groups = group_sites(plugin_loaded_twice());
  REQUIRE(groups.size() == 3);
  CHECK(groups[1].sites == std::vector<uint32_t>{1, 2});
  CHECK(groups[1].births.hits == 30);
  CHECK(groups[1].blocks == std::vector<uint32_t>{1, 2});
  CHECK(groups[2].sites == std::vector<uint32_t>{3});
}

TEST_CASE("another build of a module is another group") {
  trace::Trace recording = plugin_loaded_twice();
  recording.modules[2].build_id = "cc";
  CHECK(group_sites(recording).size() == 4);
}

TEST_CASE("sites whose stacks were lost are not taken for the same one") {
  trace::Trace recording = plugin_loaded_twice();
  recording.sites[1].stack = recording.sites[2].stack = 0;
  CHECK(group_sites(recording).size() == 4);
}

TEST_CASE("stacks that differ are two groups, whatever their hashes say") {
  CHECK(group_sites(two_sites({0x1010, 0x1020}, {7, 7})).size() == 3);
  CHECK(group_sites(two_sites({0x1010, 0x1010}, {7, 7})).size() == 2);
}

TEST_CASE("the recorder's hash tells no stacks apart once code was unloaded") {
  trace::Trace recording = two_sites({0x1010, 0x1010}, {7, 8});
  recording.modules[1].unload_us = 90;
  CHECK(group_sites(recording).size() == 2);
}

TEST_CASE("mappings and heap blocks are never in one group") {
  trace::Trace recording = plugin_loaded_twice();
  recording.sites[2].mapping = true;
  const auto groups = group_sites(recording);
  REQUIRE(groups.size() == 4);
  CHECK(groups[2].mapping);
  CHECK(groups[2].blocks.empty());  // its block is a heap block: of no figure
}

}  // namespace dbgtrace::test
