// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/time_option.hpp"

#include <catch2/catch.hpp>

namespace dbgtrace::test {

using reader::cli::is_past_end;
using reader::cli::moment_us;

TEST_CASE("moments are given with a unit, without one, or as a share of the run") {
  constexpr uint64_t kHour = 3'600'000'000;
  CHECK(moment_us("90", kHour) == 90'000'000);
  CHECK(moment_us("90s", kHour) == 90'000'000);
  CHECK(moment_us("1.5min", kHour) == 90'000'000);
  CHECK(moment_us("1500ms", kHour) == 1'500'000);
  CHECK(moment_us("50%", kHour) == kHour / 2);
  CHECK(moment_us("2h", kHour) == kHour);
  CHECK(moment_us("0", kHour) == 0);
  CHECK(is_past_end("2h", kHour));
  CHECK(is_past_end("101%", kHour));
  CHECK_FALSE(is_past_end("1h", kHour));
  CHECK_FALSE(is_past_end("100%", kHour));
  CHECK_FALSE(is_past_end("x", kHour));
  for (const char* wrong : {"", "x", "-1", "5x", "5 s", "nan", "1e", "%"}) {
    INFO(wrong);
    CHECK_FALSE(moment_us(wrong, kHour));
  }
}

}  // namespace dbgtrace::test
