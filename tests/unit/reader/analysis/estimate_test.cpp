// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/estimate.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "ring/weight.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;
namespace trace = reader::trace;

struct Coverage {
  double bytes = 0, count = 0, mean_samples = 0, bias = 0;
};

// Draws the same heap again and again, sampled by bytes, and asks how often the truth lies within.
Coverage coverage_of(const std::vector<uint64_t>& sizes, double interval, uint64_t seed) {
  constexpr int kTrials = 4000;
  std::mt19937_64 random(seed);
  ring::Header header{};
  header.base_interval_bytes = header.live.interval_bytes = static_cast<uint64_t>(interval);
  double true_bytes = 0;
  for (const uint64_t size : sizes) true_bytes += static_cast<double>(size);
  Coverage coverage;
  for (int trial = 0; trial < kTrials; ++trial) {
    BlockSum sum(header);
    for (const uint64_t size : sizes) {
      const double chance = -std::expm1(-static_cast<double>(size) / interval);
      if (std::uniform_real_distribution<double>(0, 1)(random) >= chance) continue;
      trace::LiveBlock block;
      block.size_bytes = size;
      block.weight = ring::weight_to_double(ring::weight_from_double(1 / chance));
      sum.add(block);
    }
    const Estimate bytes = sum.bytes(), count = sum.count();
    const auto blocks = static_cast<double>(sizes.size());
    coverage.bytes += (bytes.low <= true_bytes && true_bytes <= bytes.high) / double{kTrials};
    coverage.count += (count.low <= blocks && blocks <= count.high) / double{kTrials};
    coverage.mean_samples += static_cast<double>(bytes.samples) / kTrials;
    coverage.bias += (bytes.value / true_bytes - 1) / kTrials;
  }
  return coverage;
}

std::vector<uint64_t> mix(std::initializer_list<std::pair<uint64_t, int>> parts) {
  std::vector<uint64_t> sizes;
  for (const auto& [size, count] : parts)
    sizes.insert(sizes.end(), static_cast<size_t>(count), size);
  return sizes;
}

}  // namespace

TEST_CASE("95 % intervals of bytes hold in 92 to 98 of 100 recordings from 20 samples on") {
  constexpr double kInterval = 65536;
  const struct {
    const char* name;
    std::vector<uint64_t> sizes;
  } heaps[] = {
      {"small blocks, about 20 samples", mix({{100, 13107}})},
      {"small blocks, about 40 samples", mix({{100, 26214}})},
      {"small blocks, about 200 samples", mix({{512, 25600}})},
      {"small and medium ones", mix({{64, 10000}, {4096, 160}, {16384, 40}})},
      {"medium ones, about 30 samples", mix({{16384, 140}})},
      {"all sizes", mix({{64, 5000}, {1024, 500}, {8192, 100}, {65536, 20}, {1 << 20, 3}})},
  };
  uint64_t seed = 1;
  for (const auto& heap : heaps) {
    const Coverage coverage = coverage_of(heap.sizes, kInterval, seed++);
    std::printf("interval of %s: %.0f samples, bytes %.3f, count %.3f, bias %+.4f\n", heap.name,
                coverage.mean_samples, coverage.bytes, coverage.count, coverage.bias);
    INFO(heap.name);
    CHECK(coverage.mean_samples >= 19.5);
    CHECK(coverage.bytes >= 0.92);
    CHECK(coverage.bytes <= 0.985);
    CHECK(coverage.count >= 0.90);
    CHECK(std::abs(coverage.bias) < 0.02);
  }
}

TEST_CASE("intervals of a handful of samples rather hold too often than too seldom") {
  const Coverage coverage = coverage_of(mix({{100, 3932}}), 65536, 9);  // 6 samples
  std::printf("interval of a handful: %.1f samples, bytes %.3f\n", coverage.mean_samples,
              coverage.bytes);
  CHECK(coverage.bytes >= 0.93);
}

TEST_CASE("a sum of blocks that were all recorded is exact") {
  ring::Header header{};
  header.base_interval_bytes = header.live.interval_bytes = 1;
  BlockSum sum(header);
  for (uint64_t size = 1; size <= 100; ++size) {
    trace::LiveBlock block;
    block.size_bytes = size;
    sum.add(block);
  }
  CHECK(sum.bytes().exact());
  CHECK(sum.bytes().value == 5050);
  CHECK(sum.count().value == 100);
}

TEST_CASE("an estimate is never below what its samples amount to") {
  const Estimate estimate = estimate_from(1000, 4e6, 3, 900);
  CHECK(estimate.low == 900);
  CHECK(estimate.high > 1000);
  CHECK(estimate_from(500, 1, 3, 900).value == 900);
}

TEST_CASE("a buffer grown by realloc is no exact figure, though its weight is about one") {
  ring::Header header{};
  header.base_interval_bytes = header.live.interval_bytes = 65536;
  BlockSum sum(header);
  trace::LiveBlock block;
  block.size_bytes = 10 * 65536;
  block.weight = 1.1;
  sum.add(block);
  CHECK_FALSE(sum.bytes().exact());
  CHECK(sum.bytes().high > 15 * 65536.0);
}

TEST_CASE("a variance that is no number makes no interval") {
  CHECK(estimate_from(10, std::nan(""), 1, 0).exact());
  CHECK(estimate_from(10, INFINITY, 1, 0).exact());
}

}  // namespace dbgtrace::test
