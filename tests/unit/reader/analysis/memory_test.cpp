// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory.hpp"

#include <catch2/catch.hpp>

#include "simulation.hpp"

namespace dbgtrace::test {

using namespace reader::analysis;

TEST_CASE("sites come in the order that was asked for, mappings apart") {
  Simulation simulation(100, 4096, 1);
  simulation.site();  // holds
  simulation.births(100, .01, 0, .1, simulation.forever());
  simulation.site();  // turns over
  simulation.births(900, .01, 0, 1, simulation.exponential(.001));
  trace::Trace recording = simulation.finish();
  recording.live.push_back({0x1, 1 << 20, 0, 1, 1, 0, ring::LiveState::kMapped, true});
  const MemoryReport by_live = measure_memory(recording, MemoryOrder::kLive);
  CHECK(by_live.sites.front().sites.front() == 1);
  CHECK(by_live.mapped_bytes.value == 1 << 20);
  CHECK(by_live.live_bytes.value == Approx(100 * 4096).epsilon(0.3));
  const MemoryReport by_allocated = measure_memory(recording, MemoryOrder::kAllocated);
  CHECK(by_allocated.sites.front().sites.front() == 2);
  CHECK(by_allocated.sites.front().allocated_bytes.value == Approx(900 * 4096).epsilon(0.2));
  CHECK(by_allocated.sites.front().mean_size_bytes == Approx(40).epsilon(0.05));
}

TEST_CASE("what exit handlers freed counts as live and is told apart, mappings never as heap") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(100, .01, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  const MemoryReport before = measure_memory(recording, MemoryOrder::kLive);
  CHECK(before.torn_down_bytes.samples == 0);
  recording.live[0].state = ring::LiveState::kTornDown;
  recording.live.push_back({0x1, 1 << 20, 0, 1, 1, 0, ring::LiveState::kTornDown, true});
  const MemoryReport after = measure_memory(recording, MemoryOrder::kLive);
  CHECK(after.live_bytes.value == before.live_bytes.value);
  CHECK(after.sites.front().live_bytes.value == before.sites.front().live_bytes.value);
  CHECK(after.torn_down_bytes.samples == 1);
  CHECK(after.mapped_bytes.value == 1 << 20);
}

TEST_CASE("with the table of living blocks full the sites' own balance counts") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(100, .01, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  recording.live.resize(recording.live.size() / 2);
  recording.header.live.lost.live_table_full = 50;
  const MemoryReport report = measure_memory(recording, MemoryOrder::kLive);
  CHECK(report.sites.front().live_bytes.value ==
        Approx(static_cast<double>(recording.sites[1].live_bytes)));
}

}  // namespace dbgtrace::test
