// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/budget.hpp"

#include <catch2/catch.hpp>

namespace dbgtrace::hooks::alloc {
namespace {

constexpr uint64_t kBase = 512 << 10;
constexpr uint64_t kWindowUs = 100'000;

// A process of one busy thread whose recorder costs so much at the base interval, in thousandths.
struct Load {
  Budget budget;
  uint64_t interval = kBase, own_us = 0, cpu_us = 0, now_us = 0;

  void run(uint64_t own_per_mille, uint64_t duration_us) {
    for (const uint64_t end_us = now_us + duration_us; now_us < end_us;) {
      now_us += kWindowUs;
      cpu_us += kWindowUs;
      own_us += kWindowUs * own_per_mille / 1000 * kBase / interval;
      if (budget.is_due(now_us)) interval = budget.judge(own_us, cpu_us, interval, kBase, now_us);
    }
  }
};

}  // namespace

TEST_CASE("a recorder within its budget keeps its interval") {
  Load load;
  load.budget.start(20);
  load.run(19, 60'000'000);
  CHECK(load.interval == kBase);
}

TEST_CASE("a recorder above its budget is below it within two seconds and stays there") {
  for (const uint64_t own_per_mille : {40u, 100u, 500u, 950u}) {
    CAPTURE(own_per_mille);
    Load load;
    load.budget.start(20);
    load.run(own_per_mille, 2'000'000);
    CHECK(own_per_mille * kBase / load.interval <= 20);
    CHECK(load.interval <= kBase * own_per_mille / 15 * 2);
    const uint64_t found = load.interval;
    load.run(own_per_mille, 600'000'000);
    CHECK(load.interval == found);
  }
}

TEST_CASE("what a program's start costs does not make its recording coarser") {
  Load load;
  load.budget.start(20);
  load.run(80, 300'000);
  load.run(19, 60'000'000);
  CHECK(load.interval == kBase);
}

TEST_CASE("a little too much all the time is too much in the end") {
  Load load;
  load.budget.start(20);
  load.run(22, 5'000'000);
  CHECK(load.interval == kBase);
  load.run(22, 10'000'000);
  CHECK(load.interval > kBase);
}

TEST_CASE("once the interval had to change, a little too much is too much four times as soon") {
  Load load;
  load.budget.start(20);
  load.run(80, 2'000'000);
  const uint64_t found = load.interval;
  REQUIRE(found > kBase);
  load.run(22 * found / kBase, 2'000'000);
  CHECK(load.interval == found);
  load.run(22 * found / kBase, 2'000'000);
  CHECK(load.interval > found);
}

TEST_CASE("the interval comes back when the load is over, but not below what was asked for") {
  Load load;
  load.budget.start(20);
  load.run(900, 2'000'000);
  REQUIRE(load.interval > 16 * kBase);
  load.run(1, 9'000'000);
  CHECK(load.interval > 16 * kBase);
  load.run(1, 120'000'000);
  CHECK(load.interval == kBase);
}

TEST_CASE("a load that comes and goes changes the interval ever more rarely") {
  Load load;
  load.budget.start(20);
  uint64_t changes[2] = {};
  for (auto& count : changes) {
    uint64_t before = load.interval;
    for (int i = 0; i < 50; ++i) {
      load.run(900, 1'000'000);
      load.run(1, 40'000'000);
      count += load.interval != before ? 1 : 0;
      before = load.interval;
    }
  }
  CHECK(changes[1] < changes[0]);
}

TEST_CASE("an idle process is not judged by the little that it does") {
  Load load;
  load.budget.start(20);
  uint64_t cpu_us = 0, own_us = 0;
  for (uint64_t now_us = 0; now_us < 1'000'000; now_us += kWindowUs) {
    cpu_us += 1'000;
    own_us += 900;
    if (load.budget.is_due(now_us))
      load.interval = load.budget.judge(own_us, cpu_us, load.interval, kBase, now_us);
  }
  CHECK(load.interval == kBase);
}

TEST_CASE("without a budget nothing changes, and looks are 100 ms apart") {
  Load load;
  load.budget.start(0);
  load.run(990, 10'000'000);
  CHECK(load.interval == kBase);
  Budget budget;
  budget.start(20);
  CHECK(budget.is_due(5));
  CHECK_FALSE(budget.is_due(99'000));
  CHECK(budget.is_due(100'005));
}

TEST_CASE("all of the CPU time is no limit") {
  for (const uint32_t per_mille : {0u, 1000u, 5000u}) {
    Budget budget;
    budget.start(per_mille);
    CHECK_FALSE(budget.on());
  }
}

}  // namespace dbgtrace::hooks::alloc
