// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/leaks.hpp"

#include <catch2/catch.hpp>

#include "simulation.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;

// The only entry about site 1, or a class of "in use" if there is none.
Leak first_leak(const LeakReport& report) {
  return report.leaks.empty() ? Leak{} : report.leaks.front();
}

LeakClass class_of(Simulation& simulation, ring::State state = ring::State::kRunning,
                   bool exact = false) {
  trace::Trace recording = simulation.finish(state);
  if (exact) recording.header.live.exact_until_us = ~uint64_t{0};
  return first_leak(find_leaks(recording)).verdict.leak_class;
}

}  // namespace

TEST_CASE("the growth of a leak is estimated with an interval around the truth") {
  Simulation simulation(3600, 524288, 3);
  simulation.site();
  simulation.births(200, .004, 0, 1, simulation.forever());
  const Leak leak = first_leak(find_leaks(simulation.finish()));
  const double truth = 200 * 524288 / 3600.0;
  REQUIRE(leak.growth);
  CHECK(leak.verdict.leak_class == LeakClass::kGrowing);
  CHECK(leak.verdict.confidence > 0.95);
  CHECK(leak.growth->low < truth);
  CHECK(leak.growth->high > truth);
  CHECK(leak.oldest_age_s == Approx(3600).epsilon(0.1));
  CHECK(leak.severity == Severity::kHigh);
}

TEST_CASE("what found no slot in the table is no leak, however steadily it grows") {
  Simulation simulation(3600, 524288, 3);
  simulation.site();
  simulation.births(200, .004, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  REQUIRE(find_leaks(recording).growing() == 1);
  std::swap(recording.sites[0], recording.sites[1]);
  for (trace::LiveBlock& block : recording.live) block.site = 0;
  CHECK(find_leaks(recording).growing() == 0);
}

TEST_CASE("a run under a second is too short for a verdict") {
  Simulation simulation(.9, 4096, 1);
  simulation.site();
  simulation.births(200, .01, 0, 1, simulation.forever());
  CHECK(class_of(simulation) == LeakClass::kTooShort);
}

TEST_CASE("what a short, exactly recorded program did not free is named as such") {
  Simulation simulation(.9, 1, 1);
  simulation.site();
  simulation.births(100, 50, 0, 1, simulation.forever());
  CHECK(class_of(simulation, ring::State::kExited, true) == LeakClass::kUnfreedAtExit);
}

TEST_CASE("what exit handlers freed is live to the end, but no leftover") {
  Simulation simulation(.9, 1, 1);
  simulation.site();
  simulation.births(100, 50, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish(ring::State::kExited);
  recording.header.live.exact_until_us = ~uint64_t{0};
  REQUIRE(recording.live.size() > 1);
  const LeakReport before = find_leaks(recording);
  REQUIRE(before.leaks.size() == 1);
  CHECK(before.leaks[0].torn_down == 0);
  CHECK(before.torn_down_bytes.samples == 0);
  CHECK(before.unfreed_bytes.value == before.live_bytes.value);

  recording.live[0].state = ring::LiveState::kTornDown;
  const LeakReport after = find_leaks(recording);
  REQUIRE(after.leaks.size() == 1);
  CHECK(after.leaks[0].verdict.leak_class == LeakClass::kUnfreedAtExit);
  CHECK(after.leaks[0].count.value == before.leaks[0].count.value - 1);
  CHECK(after.leaks[0].torn_down == 1);
  CHECK(after.live_bytes.value == before.live_bytes.value);
  CHECK(after.torn_down_bytes.value + after.unfreed_bytes.value == after.live_bytes.value);

  for (trace::LiveBlock& block : recording.live) block.state = ring::LiveState::kTornDown;
  const LeakReport none = find_leaks(recording);
  CHECK(none.leaks.empty());
  CHECK(none.unfreed_bytes.value == 0);
}

TEST_CASE("four survivors are too few samples, whatever they look like") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(40, 10, .1, .9, simulation.forever());
  CHECK(class_of(simulation) == LeakClass::kTooFewSamples);
}

TEST_CASE("start-up data and a filled cache have classes of their own") {
  Simulation startup(100, 4096, 1);
  startup.site();
  startup.births(100, .01, 0, .1, startup.forever());
  CHECK(class_of(startup) == LeakClass::kStartup);

  Simulation cache(100, 4096, 1);
  cache.site();
  cache.births(100, .01, 0, .45, cache.forever());
  CHECK(class_of(cache) == LeakClass::kPlateau);
}

TEST_CASE("blocks in ordinary use are counted, not listed") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(1000, .01, 0, 1, simulation.exponential(.05));
  const LeakReport report = find_leaks(simulation.finish());
  CHECK(report.leaks.empty());
  CHECK(report.in_use_sites == 1);
  CHECK(report.in_use_bytes == Approx(report.live_bytes.value));
}

TEST_CASE("of two leaks the faster one comes first") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(50, .01, 0, 1, simulation.forever());
  simulation.site();
  simulation.births(500, .01, 0, 1, simulation.forever());
  const LeakReport report = find_leaks(simulation.finish());
  REQUIRE(report.growing() == 2);
  CHECK(report.leaks[0].sites == std::vector<uint32_t>{2});
}

TEST_CASE("without lifetimes every death counts against a leak") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(60, .01, 0, 1, simulation.forever());
  simulation.births(200, .01, 0, 1, simulation.exponential(.001));
  trace::Trace recording = simulation.finish();
  CHECK(find_leaks(recording).growing() == 1);
  recording.sites[1].has_history = false;
  recording.sites[1].lifetimes = {};
  CHECK(find_leaks(recording).growing() == 0);
}

TEST_CASE("an empty recording has no leaks and no figures") {
  const LeakReport report = find_leaks(trace::Trace{});
  CHECK(report.leaks.empty());
  CHECK(report.live_bytes.value == 0);
}

}  // namespace dbgtrace::test
