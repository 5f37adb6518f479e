// SPDX-License-Identifier: Apache-2.0
// Thirty days of a service in a simulated clock: what a verdict needs must still be in the file at
// the end.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <queue>

#include "reader/analysis/leaks.hpp"
#include "tests/support/simulated_recorder.hpp"

using namespace dbgtrace;
using tests::SimulatedRecorder;

namespace {

constexpr uint64_t kSecond = 1'000'000, kDay = 86'400 * kSecond, kEnd = 30 * kDay;
constexpr uint64_t kInterval = 512 << 10;

// What a call stack of the service does. Its samples come as a Poisson process: bytes_per_s / size
// * p of them a second.
struct Source {
  uint64_t site;
  uint64_t size_bytes;
  double bytes_per_s;
  double lifetime_s;  // mean; 0: for ever
  double wave;        // share by which the rate swings over the day
};

struct Death {
  uint64_t time_us;
  uintptr_t address;
  bool operator>(const Death& other) const { return time_us > other.time_us; }
};

double uniform(hooks::alloc::Random& random) {
  return (static_cast<double>(random.next() >> 11) + 0.5) / 9007199254740992.0;
}
double exponential(hooks::alloc::Random& random, double mean) {
  return -std::log(uniform(random)) * mean;
}

}  // namespace

TEST_CASE("a leak of 1 KB/s among a million allocations a minute is told after 30 days",
          "[recording][long]") {
  SimulatedRecorder recorder(50 << 20, kInterval, 42);
  hooks::alloc::Random random;
  random.seed(4711);
  constexpr uint64_t kLeak = 1;
  const Source sources[] = {
      {kLeak, 256, 1000, 0, 0},
      {2, 64, 600'000, 0.05, 0.3},  // requests: most of the million allocations a minute
      {3, 200, 300'000, 2, 0.5},
      {4, 4096, 100'000, 60, 0.5},      // sessions with a daily wave
      {5, 1024, 2'000, 6 * 3600, 0.2},  // a cache that holds entries for six hours
      {6, 128, 500, 2 * 86400, 0},      // long-lived, but not for ever
  };
  std::priority_queue<Death, std::vector<Death>, std::greater<>> deaths;
  // Tables of start-up.
  for (int i = 0; i < 40; ++i)
    recorder.record_sample(20'000, hooks::alloc::sample_weight(20'000, kInterval), 7, 1000 + i);

  uint64_t next[std::size(sources)];
  auto rate_of = [](const Source& source) {  // samples a second at the wave's crest
    const double p =
        hooks::alloc::hit_probability(static_cast<double>(source.size_bytes) / kInterval);
    return source.bytes_per_s / static_cast<double>(source.size_bytes) * p * (1 + source.wave);
  };
  for (size_t i = 0; i < std::size(sources); ++i) {
    next[i] = static_cast<uint64_t>(exponential(random, 1 / rate_of(sources[i])) * kSecond);
  }
  uint64_t samples = 0, next_point = 0;
  for (;;) {
    const size_t at =
        static_cast<size_t>(std::min_element(std::begin(next), std::end(next)) - std::begin(next));
    const uint64_t now = next[at];
    if (now >= kEnd) break;
    while (!deaths.empty() && deaths.top().time_us <= now) {
      recorder.free(deaths.top().address, deaths.top().time_us);
      deaths.pop();
    }
    const Source& source = sources[at];
    next[at] = now + 1 + static_cast<uint64_t>(exponential(random, 1 / rate_of(source)) * kSecond);
    const double phase =
        std::sin(static_cast<double>(now % kDay) / static_cast<double>(kDay) * 6.283185307);
    // Thinned to the wave.
    if (uniform(random) * (1 + source.wave) > 1 + source.wave * phase) continue;
    const uintptr_t address = recorder.record_sample(
        source.size_bytes, hooks::alloc::sample_weight(source.size_bytes, kInterval), source.site,
        now);
    ++samples;
    if (source.lifetime_s > 0)
      deaths.push(
          {now + static_cast<uint64_t>(exponential(random, source.lifetime_s) * kSecond), address});
    if (now >= next_point) {
      recorder.note_process_point(now);
      next_point = now + kSecond;
    }
  }
  const auto trace = recorder.trace();
  const auto report = reader::analysis::find_leaks(trace);
  int growing = 0;
  for (const auto& leak : report.leaks) {
    if (leak.verdict.leak_class != reader::analysis::LeakClass::kGrowing) continue;
    ++growing;
    REQUIRE(leak.growth.has_value());
    const uint64_t pc = trace.stacks[leak.stack].pcs.at(0);
    std::printf("30 days, %llu samples: site %llu grows by %.0f bytes/s [%.0f .. %.0f]\n",
                static_cast<unsigned long long>(samples),
                static_cast<unsigned long long>((pc - 0x400000) / 64), leak.growth->bytes_per_s,
                leak.growth->low, leak.growth->high);
    CHECK((pc - 0x400000) / 64 == kLeak);
    CHECK(leak.growth->bytes_per_s == Approx(1000).epsilon(0.1));
  }
  CHECK(growing == 1);

  // The timeline covers all 30 days without a hole of more than two hours, and ends where the heap
  // ends.
  REQUIRE(trace.series.size() > 600);
  CHECK(trace.series.front().time_us < 2 * 3600 * kSecond);
  CHECK(trace.series.back().time_us > kEnd - 2 * 3600 * kSecond);
  for (size_t i = 1; i < trace.series.size(); ++i) {
    REQUIRE(trace.series[i].time_us - trace.series[i - 1].time_us <= 2 * 3600 * kSecond);
  }
  auto near = [&trace](uint64_t time_us) {
    const ring::SeriesPoint* best = &trace.series.front();
    for (const auto& point : trace.series) {
      if (std::llabs(static_cast<long long>(point.time_us - time_us)) <
          std::llabs(static_cast<long long>(best->time_us - time_us)))
        best = &point;
    }
    return static_cast<double>(best->live_bytes);
  };
  const double growth = near(28 * kDay) - near(8 * kDay);  // same hour of the day: the waves cancel
  CHECK(growth == Approx(1000.0 * 20 * 86400).epsilon(0.1));
}
