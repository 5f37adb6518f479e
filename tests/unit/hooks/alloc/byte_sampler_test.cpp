// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "hooks/alloc/byte_sampler.hpp"

using namespace dbgtrace;
using namespace dbgtrace::hooks::alloc;

TEST_CASE("hit probability equals 1 - exp(-x) over twelve decades", "[hooks][alloc]") {
  for (double x = 1e-9; x < 1e3; x *= 1.37)
    CHECK(hit_probability(x) == Approx(-std::expm1(-x)).epsilon(1e-12));
}

TEST_CASE("the logarithm of the draw equals libm's", "[hooks][alloc]") {
  for (uint64_t u = 1; u < (uint64_t{1} << 53); u = u * 3 + 1) {
    CHECK(negative_log_of_53_bits(u) ==
          Approx(-std::log(static_cast<double>(u) / 9007199254740992.0))
              .epsilon(1e-13)
              .margin(1e-15));
  }
}

TEST_CASE("distances between hits are exponential", "[hooks][alloc]") {
  constexpr uint64_t kInterval = 512 << 10;
  constexpr int kDraws = 200'000;
  Random random;
  random.seed(99);
  double sum = 0;
  int decile[10] = {};
  for (int i = 0; i < kDraws; ++i) {
    const auto distance = static_cast<double>(draw_distance(random, kInterval));
    sum += distance;
    const double quantile = 1 - std::exp(-distance / kInterval);
    ++decile[std::min(9, static_cast<int>(quantile * 10))];
  }
  CHECK(sum / kDraws / kInterval == Approx(1).margin(4 / std::sqrt(kDraws)));
  double chi_square = 0;
  for (int count : decile)
    chi_square += (count - kDraws / 10.0) * (count - kDraws / 10.0) / (kDraws / 10.0);
  CHECK(chi_square < 33.7);  // 9 degrees of freedom, one in ten thousand
}

TEST_CASE("at interval 1 every weight is exactly one", "[hooks][alloc]") {
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{16}, uint64_t{1} << 40}) {
    CHECK(sample_weight(size, 1) == ring::kWeightOne);
  }
  CHECK(ring::weight_to_double(ring::kWeightOne) == 1.0);
}

TEST_CASE("a block far above the interval weighs one, far below interval over size",
          "[hooks][alloc]") {
  CHECK(ring::weight_to_double(sample_weight(64 << 20, 512 << 10)) == 1.0);
  CHECK(ring::weight_to_double(sample_weight(16, 512 << 10)) == Approx(32768).epsilon(0.001));
}
