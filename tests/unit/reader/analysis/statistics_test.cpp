// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/statistics.hpp"

#include <catch2/catch.hpp>

namespace dbgtrace::reader::analysis {

TEST_CASE("gamma quantiles are those of tables of the chi-squared distribution") {
  // Half the 2.5 % and 97.5 % points of chi-squared with 2, 20 and 200 degrees of freedom.
  CHECK(gamma_quantile(1, kNormal95) == Approx(7.378 / 2).epsilon(0.02));
  CHECK(gamma_quantile(10, -kNormal95) == Approx(9.591 / 2).epsilon(0.005));
  CHECK(gamma_quantile(10, kNormal95) == Approx(34.170 / 2).epsilon(0.005));
  CHECK(gamma_quantile(100, -kNormal95) == Approx(162.728 / 2).epsilon(0.001));
  CHECK(gamma_quantile(0, kNormal95) == 0);
}

TEST_CASE("the tail of a share has its closed forms where there are any") {
  CHECK(share_below(0.25, 0, 5) == Approx(1 - 0.177978515625));  // 1 - .75^6
  CHECK(share_above(0.5, 3, 3) == Approx(0.5));
  CHECK(share_above(0.2, 0, 0) == Approx(0.8));
  CHECK(share_above(0.2, 5'000'000'000, 1) == Approx(1.0));
  CHECK(share_above(0.2, 1, 5'000'000'000) == Approx(0.0).margin(1e-9));
}

}  // namespace dbgtrace::reader::analysis
