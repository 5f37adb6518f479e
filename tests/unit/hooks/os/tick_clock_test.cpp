// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/tick_clock.hpp"

#include <catch2/catch.hpp>

using namespace dbgtrace::hooks::os;

TEST_CASE("the clock by ticks agrees with the clock that it saves", "[hooks][os]") {
  TickClock clock;
  const uint64_t start_ns = monotonic_ns();
  clock.start(start_ns);
  // What lies between the two looks at the other clock is the time it took to come here.
  uint64_t worst_us = 0, looks = 0;
  while (monotonic_ns() - start_ns < 60'000'000) {
    const uint64_t before_us = (monotonic_ns() - start_ns) / 1000;
    const uint64_t now_us = clock.now_us();
    const uint64_t after_us = (monotonic_ns() - start_ns) / 1000;
    if (now_us < before_us) worst_us = std::max(worst_us, before_us - now_us);
    if (now_us > after_us) worst_us = std::max(worst_us, now_us - after_us);
    ++looks;
  }
  INFO(looks << " looks");
  CHECK(worst_us < 1000);
}

TEST_CASE("the clock counts from its newest start", "[hooks][os]") {
  TickClock clock;
  clock.start(monotonic_ns() - 5'000'000'000);
  CHECK(clock.now_us() >= 5'000'000);
  clock.start(monotonic_ns());
  CHECK(clock.now_us() < 5'000'000);
}
