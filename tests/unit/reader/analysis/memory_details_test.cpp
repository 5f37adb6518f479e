// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory_details.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "reader/analysis/annotation.hpp"
#include "reader/analysis/fix_hints.hpp"
#include "reader/analysis/heap_pattern.hpp"
#include "ring/weight.hpp"
#include "simulation.hpp"
#include "tests/support/kept_text.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;
using namespace reader::analysis;

std::vector<TimelinePoint> timeline(double (*bytes)(double t)) {
  std::vector<TimelinePoint> points;
  for (int i = 0; i <= 100; ++i) {
    const double t = i;
    points.push_back({t, bytes(t), bytes(t) + 1e6, 0});
  }
  return points;
}

// Every address is a line of one file; 0x1800, the outermost frame of every stack, is line 1.
std::vector<symbols::Frame> frame_at(uint64_t address) {
  symbols::Frame frame;
  frame.function = tests::kept(address < 0x900 ? "main" : "f" + std::to_string(address));
  frame.file = "/src/lib/app.c";
  frame.line = address < 0x900 ? 1 : static_cast<unsigned>(address - 0xfff) / 16 + 1;
  frame.module = "/usr/bin/simulated";
  return {frame};
}

struct Fixture {
  explicit Fixture(trace::Trace trace) : recording(std::move(trace)) {}

  trace::Trace recording;
  std::map<uint64_t, std::vector<symbols::Frame>> names;
  Resolver resolver{
      recording,
      [this](const symbols::ModuleKey&, uint64_t address) -> const std::vector<symbols::Frame>& {
        auto& frames = names[address];
        if (frames.empty()) frames = frame_at(address);
        return frames;
      }};
};

}  // namespace

TEST_CASE("a heap's trend is growing, steady or shrinking, and its swing is no trend") {
  const GrowthPattern grows = growth_pattern(timeline([](double t) { return 1e6 + 1e5 * t; }), 100);
  CHECK(grows.trend == Trend::kGrowing);
  CHECK(grows.bytes_per_s == Approx(1e5));
  CHECK(grows.peak_bytes == Approx(1.1e7));
  const GrowthPattern swings =
      growth_pattern(timeline([](double t) { return 1e7 + 5e6 * std::sin(t); }), 100);
  CHECK(swings.trend == Trend::kSteady);
  CHECK(swings.volatility == Approx(0.35).margin(0.05));
  CHECK(swings.baseline_bytes < 6e6);
  CHECK(growth_pattern(timeline([](double t) { return 2e7 - 1e5 * t; }), 100).trend ==
        Trend::kShrinking);
  CHECK(growth_pattern({}, 100).trend == Trend::kUnknown);
  CHECK(growth_pattern(timeline([](double) { return 5.0; }), 100).trend == Trend::kSteady);
}

TEST_CASE("resident memory that stays when the heap falls is told") {
  std::vector<TimelinePoint> points = timeline([](double t) { return t < 50 ? 1e7 : 1e6; });
  for (TimelinePoint& point : points) point.rss_bytes = point.t_s == 0 ? 0 : 2e7;
  const auto f = fragmentation(points);
  REQUIRE(f);
  CHECK(f->at_end.beside_bytes() == Approx(1.9e7));
  CHECK(f->kept_bytes == Approx(9e6));
  for (TimelinePoint& point : points) point.rss_bytes = point.t_s < 50 ? 2e7 : 1.1e7;
  CHECK(fragmentation(points)->kept_bytes == Approx(0).margin(1));
  CHECK_FALSE(fragmentation({}));
}

TEST_CASE("histograms hold every block once") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(100, .5, 0, 1, simulation.forever());
  simulation.site();
  simulation.births(1000, .01, 0, 1, simulation.exponential(.0001));
  const trace::Trace recording = simulation.finish();
  const MemoryReport memory = measure_memory(recording, MemoryOrder::kLive);
  const Histograms h = histograms(recording, memory);
  double live = 0, freed = 0;
  for (const Bucket& bucket : h.live_sizes) live += bucket.count;
  for (const Bucket& bucket : h.lifetimes_s) freed += bucket.count;
  CHECK(live == Approx(memory.live_count.value));
  double deaths = 0;
  for (const auto& site : recording.sites) {
    deaths += static_cast<double>(site.deaths.weight_q15) / static_cast<double>(ring::kOneQ15);
  }
  CHECK(freed == Approx(deaths).epsilon(0.01));
  const auto size = std::find_if(h.live_sizes.begin(), h.live_sizes.end(),
                                 [](const Bucket& bucket) { return bucket.from == 2048; });
  REQUIRE(size != h.live_sizes.end());
  CHECK(size->count > 150);
}

TEST_CASE("the heap at its peak is made of who held it then, not of who holds it now") {
  Simulation simulation(100, 4096, 1);
  simulation.site();  // early, gone at the end
  simulation.births(500, .01, .1, .3, [] { return .3; });
  simulation.site();  // late
  simulation.births(100, .01, .8, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  recording.header.live.peak_us = 35'000'000;
  recording.header.live.peak_live_bytes = 500 * 4096;
  const PeakMoment peak = peak_moment(recording);
  REQUIRE(!peak.shares.empty());
  CHECK_FALSE(peak.exact);
  CHECK(peak.shares[0].stack == recording.sites[1].stack);
  CHECK(peak.shares[0].bytes == Approx(500 * 4096).epsilon(0.25));
  CHECK(peak.told_bytes == Approx(peak.shares[0].bytes).epsilon(0.01));
}

TEST_CASE("many short lives at one site make it a candidate for a pool, long ones do not") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(2000, .01, 0, 1, [] { return 1e-6; });  // 0.1 ms
  simulation.site();
  simulation.births(2000, .01, 0, 1, [] { return 1e-2; });  // 1 s
  const trace::Trace recording = simulation.finish();
  const auto pools = pool_candidates(recording, measure_memory(recording, MemoryOrder::kLive));
  REQUIRE(pools.size() == 1);
  CHECK(pools[0].stack == recording.sites[1].stack);
  CHECK(pools[0].allocations == Approx(200'000).epsilon(0.1));
  CHECK(pools[0].saved_s == Approx(pools[0].allocations * kSecondsPerPair).epsilon(0.05));
}

TEST_CASE("groups add up to the whole, by line, function and module") {
  Simulation simulation(100, 4096, 1);
  for (int i = 0; i < 5; ++i) {
    simulation.site();
    simulation.births(100 * (i + 1), .01, 0, 1, simulation.forever());
  }
  Fixture fixture(simulation.finish());
  const MemoryReport memory = measure_memory(fixture.recording, MemoryOrder::kLive);
  for (const auto& [by, count] : std::map<GroupBy, size_t>{
           {GroupBy::kLine, 5}, {GroupBy::kFunction, 5}, {GroupBy::kModule, 1}}) {
    const auto groups =
        group_memory(fixture.recording, memory, fixture.resolver, by, MemoryOrder::kLive);
    CHECK(groups.size() == count);
    double live = 0;
    for (const MemoryGroup& group : groups) live += group.live_bytes.value;
    CHECK(live == Approx(memory.live_bytes.value));
    CHECK(std::is_sorted(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
      return a.live_bytes.value > b.live_bytes.value;
    }));
  }
}

TEST_CASE("a line of a source file has the figures of the call stacks that go through it") {
  Simulation simulation(100, 4096, 1);
  for (int i = 0; i < 3; ++i) {
    simulation.site();
    simulation.births(100, .01, 0, 1, simulation.forever());
  }
  Fixture fixture(simulation.finish());
  const MemoryReport memory = measure_memory(fixture.recording, MemoryOrder::kLive);
  const LeakReport leaks = find_leaks(fixture.recording);
  const Annotation annotation = annotate(memory, leaks, fixture.resolver, "lib/app.c");
  CHECK(annotation.file == "/src/lib/app.c");
  REQUIRE(annotation.lines.size() == 4);
  const AnnotatedLine& outermost = annotation.lines.begin()->second;
  CHECK(outermost.through.live_bytes == Approx(memory.live_bytes.value));
  CHECK(outermost.here.live_bytes == 0);
  CHECK(annotation.all.leaked_bytes == Approx(memory.live_bytes.value));
  CHECK(annotate(memory, leaks, fixture.resolver, "pp.c").lines.empty());
}

TEST_CASE("hints name the pattern of a leak with the figures behind it") {
  const auto hints = [](const std::function<void(Simulation&)>& fill, const auto& change) {
    Simulation simulation(100, 4096, 7);
    fill(simulation);
    Fixture fixture(simulation.finish());
    change(fixture);
    LeakReport report = find_leaks(fixture.recording);
    REQUIRE(!report.leaks.empty());
    add_hints(report, fixture.recording, fixture.resolver, 0);
    return report.leaks[0].hints;
  };
  const auto nothing = [](Fixture&) {};
  const auto leak = [](Simulation& s) {
    s.site();
    s.births(100, .01, 0, 1, s.forever());
  };
  auto found = hints(leak, nothing);
  REQUIRE(found.size() == 1);
  CHECK(found[0].pattern == LeakPattern::kNeverFreed);
  CHECK(found[0].samples > 50);

  const auto half = [](Simulation& s) {
    s.site();
    s.births(100, .01, 0, 1, s.forever());
    s.births(100, .01, 0, 1, s.exponential(.0001));
  };
  found = hints(half, nothing);
  REQUIRE(!found.empty());
  CHECK(found[0].pattern == LeakPattern::kFreedSometimes);
  CHECK(found[0].freed > 50);

  found = hints(half, [](Fixture& fixture) {
    trace::Site freeing;
    freeing.freeing = true;
    freeing.stack = 1;
    fixture.recording.sites.push_back(freeing);
    for (int i = 0; i < 5; ++i) {
      trace::FreedBlock block;
      block.site = 1;
      block.free_site = static_cast<uint32_t>(fixture.recording.sites.size() - 1);
      fixture.recording.freed.push_back(block);
    }
  });
  CHECK(found[0].pattern == LeakPattern::kFreedOnOnePath);
  CHECK(found[0].known_frees == 5);

  found = hints(
      [](Simulation& s) {
        s.site();
        s.growing_buffer(400, 200, 0, 1);
      },
      nothing);
  CHECK(found[0].pattern == LeakPattern::kReallocGrowth);

  found = hints(leak, [](Fixture& fixture) {
    const uint64_t pc = fixture.recording.stacks[1].pcs[0] - 1 - fixture.recording.modules[0].bias;
    auto frames = frame_at(pc);
    frames.insert(frames.begin(), frames[0]);
    frames[0].function = "std::vector<int, std::allocator<int> >::push_back(int const&)";
    frames[0].inlined = true;
    fixture.names[pc] = frames;
  });
  CHECK(found[0].pattern == LeakPattern::kContainer);
  CHECK(found[0].container == "std::vector::push_back");
}

}  // namespace dbgtrace::test
