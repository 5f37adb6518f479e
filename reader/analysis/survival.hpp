// SPDX-License-Identifier: Apache-2.0
// Who survives: the births of a group's living blocks by cohort, and what became of the blocks that
// grew old. A leak has survivors from every part of the run and hardly anything old that died; data
// of the start-up has them from its beginning only; what is merely in use is young, or dies old.
//
//   run        |   0   |   1   |   2   |   3   |   4   |   5   |   6   |   7   |  eight cohorts
//   leak       |  ***  |  **   |  ***  |  ***  |  **   |  ***  |  ***  |  **   |
//   start-up   | ***** |       |       |       |       |       |       |       |
//   cache      |  ***  |  ***  |  **   |       |       |       |       |       |  filled, then read
//   in use     |       |       |       |       |       |       |   *   | ***** |
#pragma once

#include <array>
#include <cstdint>

#include "reader/analysis/intervals.hpp"
#include "reader/analysis/site_groups.hpp"

namespace dbgtrace::reader::analysis {

inline constexpr uint32_t kCohorts = 8;

// A run's old age: min(600 s, run / 4), and for a run of hours or days also run / 4: there, blocks
// of half an hour may be ordinary. Lifetimes are known as powers of two, so either is rounded down
// to one.
uint64_t old_age_us(uint64_t run_us);
uint64_t older_age_us(uint64_t run_us);

// Samples of the group that died at that age or an older one. Where the lifetimes were not kept,
// every death counts: better to miss a leak than to name an innocent.
uint64_t died_old(const trace::Trace& trace, const SiteGroup& group, uint64_t age_us);

struct Survival {
  std::array<uint32_t, kCohorts> cohorts{};  // living samples by birth
  // The same as if all had been sampled at the coarsest interval that was in force, so that they
  // may be compared; the samples themselves where it never changed.
  std::array<double, kCohorts> evened{};
  std::array<double, kCohorts> blocks{};  // that they stand for
  bool uneven = false;                    // the interval changed
  uint64_t survivors = 0;
  uint32_t spread = 0;       // cohorts that have survivors
  uint64_t early = 0;        // evened, of cohorts 1 to 3: neither start-up nor too young to tell
  uint64_t late = 0;         // of 4 to 6
  uint64_t old_us = 0;       // the old age, of the two, past which a smaller share died
  uint64_t living_old = 0;   // survivors past it
  uint64_t died_old = 0;     // samples that died past it
  uint64_t oldest_us = 0;    // age of the oldest survivor
  uint64_t youngest_us = 0;  // age of the youngest
};

Survival survival_of(const trace::Trace& trace, const SiteGroup& group, const Intervals& intervals);

}  // namespace dbgtrace::reader::analysis
