// SPDX-License-Identifier: Apache-2.0
// Claims about a recording of every allocation, through the recorder's ledger and the reader.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <map>

#include "reader/analysis/memory.hpp"
#include "tests/support/simulated_recorder.hpp"

using namespace dbgtrace;
using tests::SimulatedRecorder;

namespace {

constexpr uint64_t kFileBytes = 1 << 20;

uint64_t below(hooks::alloc::Random& random, uint64_t limit) {
  return (random.next() >> 11) % limit;
}

struct Truth {
  uint64_t allocations = 0, allocated_bytes = 0, live_bytes = 0, live_count = 0;
};

// The site of a stack that the recorder made of a number.
uint64_t number_of(const reader::trace::Trace& trace, const reader::trace::Site& site) {
  return (trace.stacks[site.stack].pcs.at(0) - 0x400000) / 64;
}

}  // namespace

TEST_CASE("counts, bytes, peak and lifetimes of every site are exact", "[recording][exact]") {
  SimulatedRecorder recorder(kFileBytes, 1, 3);
  hooks::alloc::Random random;
  random.seed(5);
  std::map<uint64_t, Truth> truth;
  std::map<uint64_t, uint64_t> peak;
  struct Block {
    uintptr_t address;
    uint64_t size, site, birth_us;
  };
  std::vector<Block> live;
  std::map<uint64_t, std::map<uint32_t, uint64_t>> lifetimes;
  uint64_t time_us = 0, heap_bytes = 0, heap_peak = 0;
  for (int i = 0; i < 200'000; ++i) {
    time_us += below(random, 50);
    if (!live.empty() && (live.size() > 5000 || below(random, 2) == 0)) {
      const size_t at = below(random, live.size());
      const Block block = live[at];
      live[at] = live.back();
      live.pop_back();
      recorder.free(block.address, time_us);
      truth[block.site].live_bytes -= block.size;
      --truth[block.site].live_count;
      heap_bytes -= block.size;
      const uint64_t age_us = time_us - block.birth_us;
      uint32_t bucket = 0;
      while (age_us >> (bucket + 1) != 0) ++bucket;
      ++lifetimes[block.site][bucket];
      continue;
    }
    const Block block{0, below(random, 1000), below(random, 12) * below(random, 12), time_us};
    live.push_back(block);
    live.back().address = recorder.allocate(block.size, block.site, time_us);
    Truth& site = truth[block.site];
    ++site.allocations;
    ++site.live_count;
    site.allocated_bytes += block.size;
    site.live_bytes += block.size;
    peak[block.site] = std::max(peak[block.site], site.live_bytes);
    heap_peak = std::max(heap_peak, heap_bytes += block.size);
  }
  const auto trace = recorder.trace();
  REQUIRE(trace.damages.empty());
  CHECK(trace.header.live.exact_until_us == ~uint64_t{0});
  size_t seen = 0;
  for (const auto& site : trace.sites) {
    if (site.births.hits == 0) continue;
    ++seen;
    const uint64_t number = number_of(trace, site);
    const Truth& expected = truth.at(number);
    CHECK(site.births.hits == expected.allocations);
    CHECK(site.births.bytes == expected.allocated_bytes);
    CHECK(site.deaths.hits == expected.allocations - expected.live_count);
    CHECK(site.deaths.bytes == expected.allocated_bytes - expected.live_bytes);
    CHECK(site.live_bytes == expected.live_bytes);
    CHECK(site.peak_live_bytes == peak[number]);
    uint64_t known = 0;
    for (uint32_t k = 0; k < ring::kLifetimeBuckets; ++k) {
      known += site.lifetimes[k];
      // Those that died between the site's eighth birth and its memory are the only ones missing.
      CHECK(site.lifetimes[k] <= lifetimes[number][k]);
    }
    if (site.has_history) CHECK(known == site.deaths.hits);
  }
  CHECK(seen == truth.size());
  const auto report = reader::analysis::measure_memory(trace, reader::analysis::MemoryOrder::kLive);
  CHECK(report.live_bytes.value == static_cast<double>(heap_bytes));
  CHECK(report.live_bytes.exact());
  CHECK(report.live_count.value == static_cast<double>(live.size()));
  CHECK(report.peak_bytes == static_cast<double>(heap_peak));
}

TEST_CASE("the newest frees are kept in their order", "[recording][exact]") {
  SimulatedRecorder recorder(kFileBytes, 1, 3);
  const uint32_t capacity = recorder.ledger().section(ring::SectionKind::kFreed).capacity;
  for (uint64_t i = 0; i < capacity * 3 + 7; ++i) {
    const uintptr_t address = recorder.allocate(100 + i, 1, i * 10);
    recorder.free(address, i * 10 + 3);
  }
  const auto trace = recorder.trace();
  REQUIRE(trace.freed.size() == capacity);
  for (size_t i = 0; i < trace.freed.size(); ++i) {
    const uint64_t number = capacity * 2 + 7 + i;
    REQUIRE(trace.freed[i].size_bytes == 100 + number);
    REQUIRE(trace.freed[i].birth_us == number * 10);
    REQUIRE(trace.freed[i].free_us == number * 10 + 3);
    REQUIRE(number_of(trace, trace.sites[trace.freed[i].site]) == 1);
  }
}

TEST_CASE("behind a full table totals stay exact and live figures unbiased",
          "[recording][exact][statistics]") {
  constexpr int kRuns = 100;
  double sum = 0, squares = 0, count_sum = 0, count_squares = 0;
  for (uint64_t seed = 1; seed <= kRuns; ++seed) {
    SimulatedRecorder recorder(kFileBytes, 1, seed);
    hooks::alloc::Random random;
    random.seed(seed * 7919);
    Truth all;
    std::map<uint64_t, Truth> truth;
    for (uint64_t i = 0; i < 60'000; ++i) {
      const uint64_t size = 16 + below(random, 600), number = below(random, 50);
      const uintptr_t address = recorder.allocate(size, number, i * 3);
      for (Truth* each : {&all, &truth[number]}) {
        ++each->allocations;
        each->allocated_bytes += size;
        each->live_bytes += size;
        ++each->live_count;
      }
      if (below(random, 3) != 0) continue;
      recorder.free(address, i * 3 + 1);
      all.live_bytes -= size;
      --all.live_count;
    }
    const auto trace = recorder.trace();
    REQUIRE(trace.header.live.exact_until_us != ~uint64_t{0});
    REQUIRE(trace.header.live.totals_until_us == ~uint64_t{0});
    REQUIRE_FALSE(trace.interval_changes.empty());
    REQUIRE(trace.interval_changes[0].cause == static_cast<uint32_t>(ring::IntervalCause::kTable));
    REQUIRE(trace.header.live.lost.live_table_full == 0);
    REQUIRE(trace.births.hits == all.allocations);
    REQUIRE(trace.births.bytes == all.allocated_bytes);
    for (const auto& site : trace.sites) {
      if (site.births.hits == 0) continue;
      REQUIRE(site.births.hits == truth[number_of(trace, site)].allocations);
      REQUIRE(site.births.bytes == truth[number_of(trace, site)].allocated_bytes);
    }
    const auto report =
        reader::analysis::measure_memory(trace, reader::analysis::MemoryOrder::kLive);
    CHECK(report.allocations.exact());
    const double error = report.live_bytes.value / static_cast<double>(all.live_bytes) - 1;
    const double count_error = report.live_count.value / static_cast<double>(all.live_count) - 1;
    const double header_error =
        static_cast<double>(trace.header.live.live_bytes) / report.live_bytes.value - 1;
    REQUIRE(std::abs(header_error) < 1e-3);  // weights are rounded, the two sums are not the same
    sum += error;
    squares += error * error;
    count_sum += count_error;
    count_squares += count_error * count_error;
  }
  const double mean = sum / kRuns, count_mean = count_sum / kRuns;
  const double standard = std::sqrt((squares / kRuns - mean * mean) / kRuns);
  const double count_standard =
      std::sqrt((count_squares / kRuns - count_mean * count_mean) / kRuns);
  std::printf("behind a full table: bytes %+.5f (standard error %.5f), blocks %+.5f (%.5f)\n", mean,
              standard, count_mean, count_standard);
  CHECK(std::abs(mean) <= 4 * standard);
  CHECK(std::abs(count_mean) <= 4 * count_standard);
}
