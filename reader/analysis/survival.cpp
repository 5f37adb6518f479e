// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/survival.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace dbgtrace::reader::analysis {

uint64_t old_age_us(uint64_t run_us) {
  constexpr uint64_t kLongestWait_us = 600'000'000;
  return std::bit_floor(std::max<uint64_t>(1, std::min(kLongestWait_us, run_us / 4)));
}

uint64_t older_age_us(uint64_t run_us) { return std::bit_floor(std::max<uint64_t>(1, run_us / 4)); }

uint64_t died_old(const trace::Trace& trace, const SiteGroup& group, uint64_t age_us) {
  if (!group.has_history) return group.deaths.hits;
  const int first =
      std::min<int>(ring::kLifetimeBuckets, std::bit_width(std::max<uint64_t>(1, age_us)) - 1);
  trace::Lifetimes::Counts deaths{};
  for (const uint32_t site : group.sites) trace.sites[site].lifetimes.add_to(deaths);
  return std::accumulate(deaths.begin() + first, deaths.end(), uint64_t{0});
}

Survival survival_of(const trace::Trace& trace, const SiteGroup& group,
                     const Intervals& intervals) {
  Survival survival;
  const uint64_t run_us = std::max<uint64_t>(1, trace.end_us());
  const std::array<uint64_t, 2> ages_us = {old_age_us(run_us), older_age_us(run_us)};
  std::array<uint64_t, 2> living{};
  survival.youngest_us = run_us;
  survival.uneven = intervals.changed();
  for (const uint32_t index : group.blocks) {
    const uint64_t birth_us = std::min(trace.live[index].birth_us, run_us);
    const double part = static_cast<double>(birth_us) / static_cast<double>(run_us);
    const auto cohort = std::min(kCohorts - 1, static_cast<uint32_t>(part * kCohorts));
    const uint64_t age_us = run_us - birth_us;
    const trace::LiveBlock& block = trace.live[index];
    ++survival.cohorts[cohort];
    survival.blocks[cohort] += block.weight;
    const double chance = chance_of(static_cast<double>(block.size_bytes), intervals.coarsest);
    survival.evened[cohort] += survival.uneven ? std::min(1.0, block.weight * chance) : 1;
    ++survival.survivors;
    for (size_t i = 0; i < ages_us.size(); ++i) living[i] += age_us >= ages_us[i] ? 1 : 0;
    survival.oldest_us = std::max(survival.oldest_us, age_us);
    survival.youngest_us = std::min(survival.youngest_us, age_us);
  }
  survival.spread = static_cast<uint32_t>(std::count_if(
      survival.cohorts.begin(), survival.cohorts.end(), [](auto n) { return n > 0; }));
  const auto evened = [&survival](uint32_t first, uint32_t end) {
    const auto begin = survival.evened.begin();
    return static_cast<uint64_t>(std::llround(std::accumulate(begin + first, begin + end, 0.0)));
  };
  survival.early = evened(1, 4);
  survival.late = evened(4, 7);
  for (size_t i = 0; i < ages_us.size(); ++i) {
    const uint64_t died = died_old(trace, group, ages_us[i]);
    // Shares compared without dividing: died / (died + living).
    const bool smaller = static_cast<double>(died) * static_cast<double>(survival.living_old) <
                         static_cast<double>(survival.died_old) * static_cast<double>(living[i]);
    if (i > 0 && !smaller) continue;
    survival.old_us = ages_us[i];
    survival.living_old = living[i];
    survival.died_old = died;
  }
  return survival;
}

}  // namespace dbgtrace::reader::analysis
