// SPDX-License-Identifier: Apache-2.0
// Precision and recall of the leak verdict over a table of ways in which sites live, each known to
// be a leak or not, as long and as short runs and with several seeds. The rules were adjusted on
// this table with these seeds, so 1.0 guards against regressions and is no measure of quality. With
// 200 seeds that no rule has seen: recall .993 to .998 with 2 wrong verdicts in 16,200; of heaps
// that the exit tears down, where only the ledger's series is left, precision .990 and recall .796.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <string>

#include "reader/analysis/leaks.hpp"
#include "simulation.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;

struct WayOfLife {
  const char* name;
  bool leaks;
  void (*live)(Simulation&);
};

const WayOfLife kTable[] = {
    {"fast leak", true, [](Simulation& s) { s.births(500, .004, 0, 1, s.forever()); }},
    {"medium leak", true, [](Simulation& s) { s.births(70, .004, 0, 1, s.forever()); }},
    {"slow leak", true, [](Simulation& s) { s.births(22, .001, 0, 1, s.forever()); }},
    {"leak of 1 % among short-lived blocks", true,
     [](Simulation& s) {
       s.births(3000, .004, 0, 1, s.exponential(.0005));
       s.births(30, .004, 0, 1, s.forever());
     }},
    {"leak of a third", true,
     [](Simulation& s) {
       s.births(120, .004, 0, 1, s.exponential(.002));
       s.births(60, .004, 0, 1, s.forever());
     }},
    {"leak among blocks of seconds", true,
     [](Simulation& s) {
       s.births(400, .004, 0, 1, s.exponential(.015));
       s.births(40, .004, 0, 1, s.forever());
     }},
    {"leak of big blocks", true, [](Simulation& s) { s.births(120, 2, 0, 1, s.forever()); }},
    {"leak that stops at four fifths", true,
     [](Simulation& s) { s.births(100, .01, 0, .8, s.forever()); }},
    {"leak that begins at a fifth", true,
     [](Simulation& s) { s.births(100, .01, .2, 1, s.forever()); }},
    {"leak upon start-up data", true,
     [](Simulation& s) {
       s.births(200, .01, 0, .02, s.forever());
       s.births(60, .01, .02, 1, s.forever());
     }},
    {"24 buffers that grow by realloc", true,
     [](Simulation& s) {
       for (int i = 0; i < 24; ++i) s.growing_buffer(5, 100, 0, 1);
     }},
    {"one buffer that grows by realloc", true,
     [](Simulation& s) { s.growing_buffer(60, 3000, 0, 1); }},

    {"start-up data", false, [](Simulation& s) { s.births(100, .004, 0, .01, s.forever()); }},
    {"start-up of a fifth of the run", false,
     [](Simulation& s) { s.births(200, .004, 0, .2, s.forever()); }},
    {"cache that fills to two fifths, never evicts", false,
     [](Simulation& s) { s.births(150, .006, 0, .4, s.forever()); }},
    {"cache of keys drawn at random", false,
     [](Simulation& s) {
       const auto births = [&s](double from, double to) {
         s.births(200 * (std::exp(-from / .15) - std::exp(-to / .15)), .006, from, to, s.forever());
       };
       for (int i = 0; i < 20; ++i) births(i / 20.0, (i + 1) / 20.0);
     }},
    {"cache at capacity, random eviction", false,
     [](Simulation& s) { s.births(600, .005, 0, 1, s.exponential(.064)); }},
    {"cache at capacity, oldest out", false,
     [](Simulation& s) { s.births(300, .005, 0, 1, [] { return .5; }); }},
    {"long-lived, mean a tenth of the run", false,
     [](Simulation& s) { s.births(300, .004, 0, 1, s.exponential(.1)); }},
    {"long-lived, mean a quarter of the run", false,
     [](Simulation& s) { s.births(300, .004, 0, 1, s.exponential(.25)); }},
    {"short-lived churn", false,
     [](Simulation& s) { s.births(3000, .004, 0, 1, s.exponential(.0003)); }},
    {"queue that swells and drains four times", false,
     [](Simulation& s) {
       for (int wave = 0; wave < 4; ++wave) {
         for (int i = 0; i < 10; ++i) {
           const double from = wave * .25 + i * .0125;
           s.births(8, .003, from, from + .0125, [&s, i] {
             return s.uniform(.01, .02) + .02 * i;  // those behind wait longer
           });
         }
       }
     }},
    {"data rebuilt six times", false,
     [](Simulation& s) {
       for (int round = 0; round < 6; ++round) {
         s.births(40, .005, round / 6.0, round / 6.0 + .01, [] { return 1 / 6.0; });
       }
     }},
    {"sessions of very different length", false,
     [](Simulation& s) {
       s.births(300, .003, 0, 1, s.exponential(.01));
       s.births(80, .003, 0, 1, s.exponential(.15));
     }},
    {"table that doubles in the first third", false,
     [](Simulation& s) { s.births(120, .01, 0, .33, s.forever()); }},
    {"a few blocks of the start-up and young ones", false,
     [](Simulation& s) {
       s.births(10, .01, 0, .05, s.forever());
       s.births(400, .01, 0, 1, s.exponential(.01));
     }},
    {"buffers at their final size", false,
     [](Simulation& s) {
       for (int i = 0; i < 24; ++i) s.growing_buffer(5, 100, 0, .1);
     }},
};

struct Score {
  int right = 0, missed = 0, wrong = 0;
  double precision() const { return right / static_cast<double>(right + wrong); }
  double recall() const { return right / static_cast<double>(right + missed); }
};

Score judge_table(double run_s, double interval_bytes, bool exit_frees) {
  Score score;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Simulation simulation(run_s, interval_bytes, seed);
    for (const WayOfLife& way : kTable) {
      simulation.site();
      way.live(simulation);
    }
    const LeakReport report = find_leaks(
        simulation.finish(exit_frees ? ring::State::kExited : ring::State::kRunning, exit_frees));
    for (size_t i = 0; i < std::size(kTable); ++i) {
      bool found = false;
      for (const Leak& leak : report.leaks) {
        found = found ||
                (leak.sites.front() == i + 1 && leak.verdict.leak_class == LeakClass::kGrowing);
      }
      if (found && kTable[i].leaks) ++score.right;
      if (!found && kTable[i].leaks) ++score.missed;
      if (found && !kTable[i].leaks) ++score.wrong;
      if (found != kTable[i].leaks) {
        std::printf("  %s: %s (seed %d, run %g s%s)\n", found ? "wrongly a leak" : "missed",
                    kTable[i].name, static_cast<int>(seed), run_s,
                    exit_frees ? ", freed at exit" : "");
      }
    }
  }
  std::printf("leak table, run of %g s%s: precision %.3f, recall %.3f (%d verdicts)\n", run_s,
              exit_frees ? ", freed at exit" : "", score.precision(), score.recall(),
              static_cast<int>(12 * std::size(kTable)));
  return score;
}

}  // namespace

TEST_CASE("every leak of the table is found and nothing else, in an hour and in seconds") {
  const auto [run_s, interval] =
      GENERATE(std::pair{3600.0, 524288.0}, std::pair{2.5, 16384.0}, std::pair{2.6e6, 2097152.0});
  const Score score = judge_table(run_s, interval, false);
  CHECK(score.precision() == 1.0);
  CHECK(score.recall() == 1.0);
}

TEST_CASE("a heap that the exit tears down still tells most leaks, and no innocent is named") {
  const Score score = judge_table(2.5, 16384, true);
  CHECK(score.precision() == 1.0);
  CHECK(score.recall() >= 0.7);
}

}  // namespace dbgtrace::test
