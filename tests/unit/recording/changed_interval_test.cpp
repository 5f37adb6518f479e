// SPDX-License-Identifier: Apache-2.0
// Claims about recordings in which samples of different times stand for different amounts.
#include <catch2/catch.hpp>

#include "reader/analysis/leaks.hpp"
#include "tests/support/simulated_recorder.hpp"

using namespace dbgtrace;
using tests::SimulatedRecorder;

namespace {

constexpr uint64_t kFine = 64 << 10;
constexpr uint64_t kCoarse = 2 << 20;
constexpr uint64_t kBlockBytes = 3000;
constexpr uint64_t kBlocks = 20'000;  // one every millisecond

// A site that loses every block; the interval grows after a third of the run.
void leak_steadily(SimulatedRecorder& recorder) {
  for (uint64_t i = 0; i < kBlocks; ++i) {
    if (i == kBlocks / 3) recorder.change_interval(kCoarse);
    recorder.allocate(kBlockBytes, 1, i * 1000);
  }
}

}  // namespace

TEST_CASE("a steady leak stays one when its samples become rare", "[recording][statistics]") {
  int growing = 0, by_realloc = 0, stopped = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedRecorder recorder(1 << 20, kFine, seed);
    leak_steadily(recorder);
    for (const auto& leak : reader::analysis::find_leaks(recorder.trace()).leaks) {
      growing += leak.verdict.leak_class == reader::analysis::LeakClass::kGrowing ? 1 : 0;
      stopped += leak.verdict.leak_class == reader::analysis::LeakClass::kPlateau ? 1 : 0;
      stopped += leak.verdict.leak_class == reader::analysis::LeakClass::kStartup ? 1 : 0;
      by_realloc += leak.verdict.by_realloc ? 1 : 0;
    }
  }
  CAPTURE(growing, by_realloc, stopped);
  CHECK(growing >= 48);
  CHECK(by_realloc == 0);
  CHECK(stopped == 0);
}

TEST_CASE("an interval of confidence allows for the blocks that nobody saw since samples are rare",
          "[recording][statistics]") {
  int held = 0;
  constexpr int kSeeds = 200;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimulatedRecorder recorder(1 << 20, kFine, seed);
    // What was allocated since the change is worth two samples.
    uint64_t truth = 0;
    for (uint64_t i = 0; i < 2000; ++i, truth += kBlockBytes) {
      if (i == 600) recorder.change_interval(kCoarse);
      recorder.allocate(kBlockBytes, 1, i * 1000);
    }
    const auto live = reader::analysis::find_leaks(recorder.trace()).live_bytes;
    const auto bytes = static_cast<double>(truth);
    held += live.low <= bytes && bytes <= live.high ? 1 : 0;
  }
  CAPTURE(held);
  CHECK(held >= kSeeds * 92 / 100);
}
