// SPDX-License-Identifier: Apache-2.0
// Claims about the estimates that a user reads, through the real sampler, ledger and reader.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <functional>

#include "hooks/alloc/budget.hpp"
#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "tests/support/simulated_recorder.hpp"

using namespace dbgtrace;
using tests::SimulatedRecorder;

namespace {

constexpr int kSeeds = 200;
constexpr uint64_t kFileBytes = 1 << 20;

struct Mix {
  const char* name;
  uint64_t total_bytes;  // allocated in a run
  std::function<uint64_t(hooks::alloc::Random&)> size;
};

uint64_t below(hooks::alloc::Random& random, uint64_t limit) {
  return (random.next() >> 11) % limit;
}

std::vector<Mix> mixes() {
  return {
      {"16 bytes", 96 << 20, [](auto&) { return uint64_t{16}; }},
      {"64 to 1024", 192 << 20, [](auto& r) { return 64 + below(r, 960); }},
      {"4 KiB pages", 384 << 20, [](auto&) { return uint64_t{4096}; }},
      {"powers of two to 1 MiB", 768 << 20,
       [](auto& r) { return uint64_t{1} << (4 + below(r, 17)); }},
      {"few big, many small", 512 << 20,
       [](auto& r) { return below(r, 100) == 0 ? uint64_t{300'000} : 48 + below(r, 64); }},
      {"around the interval", 1024 << 20, [](auto& r) { return 200'000 + below(r, 600'000); }},
  };
}

struct Errors {
  double sum = 0, squares = 0;
  int runs = 0, judged = 0, covered = 0;
  void add(double truth, const reader::analysis::Estimate& estimate) {
    const double error = estimate.value / truth - 1;
    sum += error;
    squares += error * error;
    ++runs;
    if (estimate.samples < 20) return;
    ++judged;
    covered += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
  }
  double mean() const { return sum / runs; }
  double standard_error() const { return std::sqrt((squares / runs - mean() * mean()) / runs); }
};

// Allocates a mix, frees a third of it in the order of allocation, and compares what lives.
void run(SimulatedRecorder& recorder, const Mix& mix, uint64_t seed, Errors& errors,
         uint64_t other_interval) {
  hooks::alloc::Random sizes;
  sizes.seed(seed * 7919 + 13);
  uint64_t allocated = 0, live = 0, time_us = 0;
  bool changed = false;
  while (allocated < mix.total_bytes) {
    const uint64_t size = mix.size(sizes);
    const uintptr_t address = recorder.allocate(size, size % 5, ++time_us);
    allocated += size;
    if (below(sizes, 3) == 0)
      recorder.free(address, ++time_us);
    else
      live += size;
    if (other_interval != 0 && !changed && allocated > mix.total_bytes / 2) {
      recorder.change_interval(other_interval);
      changed = true;
    }
  }
  errors.add(static_cast<double>(live), reader::analysis::find_leaks(recorder.trace()).live_bytes);
}

void judge(const char* what, const char* mix, uint64_t interval, const Errors& errors,
           double most_coverage = 0.995) {
  const double coverage =
      errors.judged == 0 ? 1 : static_cast<double>(errors.covered) / errors.judged;
  std::printf(
      "%-12s %-24s %5llu KiB: mean error %+.4f, standard error %.4f, intervals hold in %.1f %% of "
      "%d\n",
      what, mix, static_cast<unsigned long long>(interval >> 10), errors.mean(),
      errors.standard_error(), 100 * coverage, errors.judged);
  INFO(what << ", " << mix << ", interval " << interval);
  CHECK(std::abs(errors.mean()) <= 4 * errors.standard_error());
  if (errors.judged >= kSeeds / 2) {
    // 200 runs scatter by 1.5 %: a true coverage of 92 to 98 % lies within.
    CHECK(coverage >= 0.90);
    CHECK(coverage <= most_coverage);
  }
}

}  // namespace

TEST_CASE("live bytes are estimated without bias and their intervals hold",
          "[recording][statistics]") {
  double covered = 0, judged = 0;
  for (const Mix& mix : mixes()) {
    for (const uint64_t interval : {uint64_t{64} << 10, uint64_t{512} << 10, uint64_t{2} << 20}) {
      Errors errors;
      for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
        SimulatedRecorder recorder(kFileBytes, interval, seed);
        run(recorder, mix, seed, errors, 0);
      }
      judge("steady", mix.name, interval, errors);
      covered += errors.covered;
      judged += errors.judged;
    }
  }
  std::printf("all together: %.2f %% of %.0f intervals hold\n", 100 * covered / judged, judged);
  CHECK(covered / judged >= 0.92);
  CHECK(covered / judged <= 0.98);
}

TEST_CASE("estimates stay unbiased when the interval changes in mid-run",
          "[recording][statistics]") {
  for (const Mix& mix : mixes()) {
    Errors errors;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
      SimulatedRecorder recorder(kFileBytes, 128 << 10, seed);
      run(recorder, mix, seed, errors, 1 << 20);
    }
    judge("changed", mix.name, 128 << 10, errors);
  }
}

TEST_CASE("ten thousand short threads show no first-allocation bias", "[recording][statistics]") {
  Errors errors;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimulatedRecorder recorder(kFileBytes, 512 << 10, seed);
    uint64_t live = 0;
    for (int thread = 0; thread < 10'000; ++thread) {
      recorder.start_thread();
      for (int i = 0; i < 5; ++i) {
        recorder.allocate(1000, 1, 1);
        live += 1000;
      }
    }
    errors.add(static_cast<double>(live),
               reader::analysis::find_leaks(recorder.trace()).live_bytes);
  }
  judge("threads", "5 x 1000 bytes", 512 << 10, errors);
}

TEST_CASE("buffers that grow by realloc are estimated without bias", "[recording][statistics]") {
  Errors errors;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimulatedRecorder recorder(kFileBytes, 64 << 10, seed);
    hooks::alloc::Random steps;
    steps.seed(seed * 31 + 7);
    uint64_t live = 0, time_us = 0;
    for (int buffer = 0; buffer < 60; ++buffer) {
      uint64_t size = 64 + below(steps, 4000);
      const uintptr_t address = recorder.allocate(size, 1, ++time_us);
      for (int i = 0; i < 40; ++i) {
        const uint64_t next = below(steps, 8) == 0 ? size / 2 + 1 : size + below(steps, 9000);
        recorder.resize(address, size, next, 1, ++time_us);
        size = next;
      }
      live += size;
    }
    errors.add(static_cast<double>(live),
               reader::analysis::find_leaks(recorder.trace()).live_bytes);
  }
  // The live entry keeps one weight for all chunks of a block, which can only widen the interval.
  judge("realloc", "40 steps of up to 9000", 64 << 10, errors, 1);
}

TEST_CASE("the ledger alone is right after the ring has wrapped ten times",
          "[recording][statistics]") {
  Errors errors;
  uint64_t wraps = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimulatedRecorder recorder(kFileBytes, 4 << 10, seed);
    uint64_t time_us = 0, live = 0;
    for (int i = 0; i < 6'000'000; ++i) {
      const uintptr_t address = recorder.allocate(512, 1, ++time_us);
      if (i % 4000 == 0)
        live += 512;
      else
        recorder.free(address, ++time_us);
    }
    wraps =
        recorder.live().ring_head / recorder.ledger().section(ring::SectionKind::kRing).size_bytes;
    REQUIRE(wraps >= 10);
    errors.add(static_cast<double>(live),
               reader::analysis::find_leaks(recorder.trace()).live_bytes);
  }
  std::printf("the ring wrapped %llu times\n", static_cast<unsigned long long>(wraps));
  judge("wrapped", "512 bytes", 4 << 10, errors);
}

// What the recorder would cost: a sample takes as long as 20 allocations of a busy program.
TEST_CASE("estimates stay unbiased while the budget changes the interval up and down",
          "[recording][statistics]") {
  constexpr uint64_t kInterval = 16 << 10, kBusyUs = 5, kCalmUs = 400, kSampleUs = 100;
  Errors errors;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SimulatedRecorder recorder(kFileBytes, kInterval, seed);
    hooks::alloc::Budget budget;
    budget.start(20);
    hooks::alloc::Random sizes;
    sizes.seed(seed * 104729 + 5);
    uint64_t allocated = 0, time_us = 0, own_us = 0, coarsest = kInterval, spent = 0, late_us = 0,
             samples = 0;
    const auto step = [&](uint64_t takes_us) {
      const uint64_t size = 16 + below(sizes, 1000);
      recorder.free(recorder.allocate(size, 1, time_us), time_us);
      allocated += size;
      const uint64_t births = ring::sums_of_threads(recorder.ledger()).births;
      const bool sampled = births != samples;
      samples = births;
      own_us += sampled ? kSampleUs : 0;
      time_us += takes_us + (sampled ? kSampleUs : 0);
      if (!budget.is_due(time_us)) return;
      const uint64_t old = recorder.interval_bytes();
      const uint64_t next = budget.judge(own_us, time_us, old, kInterval, time_us);
      if (next != old) recorder.change_interval(next);
      coarsest = std::max(coarsest, next);
    };
    while (time_us < 4'000'000) {
      step(kBusyUs);
      if (time_us < 2'000'000) {
        spent = own_us;
        late_us = time_us;
      }
    }
    // Two seconds after the start, within the budget.
    CHECK((own_us - spent) * 1000 <= 20 * (time_us - late_us));
    while (time_us < 90'000'000) step(kCalmUs);
    CHECK(coarsest >= 8 * kInterval);
    CHECK(recorder.interval_bytes() == kInterval);
    errors.add(
        static_cast<double>(allocated),
        reader::analysis::measure_memory(recorder.trace(), reader::analysis::MemoryOrder::kLive)
            .allocated_bytes);
  }
  judge("budget", "16 to 1016 bytes", kInterval, errors);
}
