// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/comparison.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "reader/analysis/statistics.hpp"
#include "simulation.hpp"
#include "tests/support/kept_text.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;
using namespace reader::analysis;

// Each site of a simulation is a module of its own, so that it has a name of its own.
struct Named {
  const std::vector<symbols::Frame>& operator()(const symbols::ModuleKey& key, uint64_t address) {
    auto& frames = names[{key.path, address}];
    if (frames.empty()) {
      frames.resize(1);
      frames[0].function = tests::kept("f" + std::to_string(address));
      frames[0].module = tests::kept(key.path);
    }
    return frames;
  }
  std::map<std::pair<std::string, uint64_t>, std::vector<symbols::Frame>> names;
};

// So many that a tenth more is beyond doubt: 7 standard deviations, where 4 are asked for.
constexpr int kSites = 8;
constexpr double kSamples = 10000;

// Sites that turn memory over, `factor` times as much in the third one.
trace::Trace busy(uint64_t seed, double factor, double interval_bytes = 65536) {
  Simulation simulation(100, interval_bytes, seed);
  for (int i = 0; i < kSites; ++i) {
    simulation.site();
    simulation.births(kSamples * (i == 2 ? factor : 1), .01, 0, 1, simulation.exponential(.001));
  }
  return simulation.finish(ring::State::kExited);
}

Comparison compared(const trace::Trace& before, const trace::Trace& now, const Rules& rules = {}) {
  Named named;
  const NameSource names = [&named](const symbols::ModuleKey& key,
                                    uint64_t address) -> const auto& {
    return named(key, address);
  };
  return compare(side_of(before, {before, names}, GroupBy::kStack),
                 side_of(now, {now, names}, GroupBy::kStack), rules);
}

}  // namespace

TEST_CASE("two runs of the same program differ in nothing, ten times") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Comparison c = compared(busy(seed, 1), busy(seed + 100, 1));
    INFO(seed);
    CHECK(c.changed.empty());
    CHECK(c.unchanged >= kSites);
    CHECK(c.total_changed == std::array<bool, kMeasures>{});
  }
}

TEST_CASE("a tenth more at one site is found there and nowhere else, ten times") {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const Comparison c = compared(busy(seed, 1), busy(seed + 100, 1.1));
    INFO(seed);
    REQUIRE(c.changed.size() == 1);
    CHECK(c.regressions() == 1);
    const Difference& d = c.changed[0].differences[0];
    CHECK(d.measure == Measure::kAllocated);
    CHECK(d.new_value.value / d.old_value.value == Approx(1.1).margin(0.05));
    CHECK(compared(busy(seed, 1.1), busy(seed + 100, 1)).improvements() == 1);
  }
}

TEST_CASE("a change under the least one is none, however certain it is") {
  Rules rules;
  rules.least_change = 0.3;
  CHECK(compared(busy(1, 1), busy(2, 1.2), rules).changed.empty());
  CHECK(compared(busy(1, 1), busy(2, 1.6), rules).changed.size() == 1);
}

TEST_CASE("a run of half the length at the same pace is no change per second, but per run") {
  const trace::Trace whole = busy(1, 1);
  Simulation simulation(50, 65536, 2);
  for (int i = 0; i < kSites; ++i) {
    simulation.site();
    simulation.births(kSamples / 2, .01, 0, 1, simulation.exponential(.001));
  }
  const trace::Trace half = simulation.finish(ring::State::kRunning);
  const Comparison pace = compared(whole, half);
  CHECK(pace.per_second);
  CHECK(pace.changed.empty());
  Rules rules;
  rules.per = Per::kRun;
  CHECK(compared(whole, half, rules).improvements() == kSites);
}

TEST_CASE("a site that only one recording has is a change of its own") {
  Simulation simulation(100, 65536, 3);
  simulation.site();
  simulation.births(kSamples, .01, 0, 1, simulation.exponential(.001));
  const trace::Trace one = simulation.finish(ring::State::kExited);
  const Comparison c = compared(busy(1, 1), one);
  CHECK(c.improvements() == kSites - 1);
  CHECK(std::all_of(c.changed.begin(), c.changed.end(),
                    [](const ChangedSite& site) { return site.in_old && !site.in_new; }));
}

TEST_CASE("a leak that one recording has and the other has not is named as new") {
  const auto make = [](bool leaks, uint64_t seed) {
    Simulation simulation(100, 65536, seed);
    simulation.site();
    simulation.births(400, .01, 0, 1, leaks ? simulation.forever() : simulation.exponential(.001));
    return simulation.finish();
  };
  const Comparison c = compared(make(false, 1), make(true, 2));
  CHECK(c.new_leaks.size() == 1);
  CHECK(compared(make(true, 1), make(false, 2)).gone_leaks.size() == 1);
  CHECK(compared(make(true, 1), make(true, 2)).new_leaks.empty());
}

TEST_CASE("what grew between two moments is seen from the sites' series") {
  Simulation simulation(100, 65536, 4);
  simulation.site();
  simulation.births(1000, .01, 0, 1, simulation.forever());
  simulation.site();
  simulation.births(1000, .01, 0, .2, simulation.forever());
  const trace::Trace recording = simulation.finish();
  Named named;
  const Resolver resolver(
      recording, [&named](const symbols::ModuleKey& key, uint64_t address) -> const auto& {
        return named(key, address);
      });
  const Comparison c = compare(side_at(recording, resolver, GroupBy::kStack, 40'000'000),
                               side_at(recording, resolver, GroupBy::kStack, 90'000'000), {});
  REQUIRE(c.only_live);
  REQUIRE(c.changed.size() == 1);
  CHECK(c.changed[0].differences[0].change() == Approx(500 * 65536).epsilon(0.2));
}

TEST_CASE("tails of counts are those of the tables, small and large") {
  // Binomial(20, 1/2): P(X <= 5) = 0.020695. Poisson(10): P(X >= 18) = 0.014278.
  CHECK(two_counts_differ(5, 15, 1, 1) == Approx(2 * 0.020695).epsilon(1e-4));
  CHECK(two_counts_differ(15, 5, 1, 1) == Approx(2 * 0.020695).epsilon(1e-4));
  CHECK(count_differs(18, 10) == Approx(2 * 0.014278).epsilon(1e-3));
  CHECK(two_counts_differ(10'000, 10'000, 1, 1) == Approx(1));
  // 1.96 standard deviations: sqrt(20000) * 1.96 = 277.
  CHECK(two_counts_differ(10'139, 9'861, 1, 1) == Approx(0.05).epsilon(0.05));
  CHECK(two_counts_differ(300, 100, 3, 1) == Approx(1).margin(0.1));
  CHECK(count_differs(0, 0) == 1);
  CHECK(count_differs(3, 0) == 0);
}

}  // namespace dbgtrace::test
