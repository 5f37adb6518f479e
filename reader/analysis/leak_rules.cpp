// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/leak_rules.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reader/analysis/intervals.hpp"
#include "reader/analysis/live_curve.hpp"
#include "reader/analysis/statistics.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr uint64_t kShortestRun_us = 1'000'000;
constexpr uint64_t kFewestSamples = 5;
constexpr uint32_t kLeastSpread = 3;
constexpr double kMaxDiedOld = 0.25;  // of those that reached old age
constexpr double kLeastLate = 0.2;    // of survivors past start-up: a half if the rate is constant
constexpr double kMostConfidence = 0.99;
constexpr size_t kFewestPoints = 6;  // of a series, for a verdict that rests on its shape

double share(uint64_t part, uint64_t rest) {
  return part + rest == 0 ? 1 : static_cast<double>(part) / static_cast<double>(part + rest);
}

bool survives_old_age(const Survival& s) {
  return s.living_old > 0 && share(s.died_old, s.living_old) < kMaxDiedOld;
}

bool keeps_being_born(const Survival& s) {
  return s.spread >= kLeastSpread && s.early + s.late >= 3 && s.late > 0 &&
         share(s.late, s.early) >= kLeastLate;
}

double growing_confidence(const Survival& s) {
  return std::min(kMostConfidence, share_below(kMaxDiedOld, s.died_old, s.living_old) *
                                       share_above(kLeastLate, s.late, s.early));
}

// A block that grew weighs what its pieces do, not what its size would have been given.
bool has_grown(const trace::LiveBlock& block, const trace::Trace& trace) {
  const auto fits = [&block](double interval_bytes) {
    return is_weight_of_size(block.weight, static_cast<double>(block.size_bytes), interval_bytes);
  };
  if (block.weight == 1 || fits(intervals_of(trace.header).base)) return false;
  return std::none_of(trace.interval_changes.begin(), trace.interval_changes.end(),
                      [&fits](const trace::IntervalChange& change) {
                        return fits(static_cast<double>(change.interval_bytes));
                      });
}

// Blocks that grow by realloc are not born again, so cohorts say nothing; their sizes do. The
// number of blocks must stand still meanwhile, otherwise it is births that make the bytes.
bool grows_by_realloc(const trace::Trace& trace, const SiteGroup& group, const Survival& survival,
                      double run_us) {
  if (!survives_old_age(survival)) return false;
  // Where the interval changed, fewer samples are no fewer blocks.
  const auto grown = [&trace](uint32_t block) { return has_grown(trace.live[block], trace); };
  if (survival.uneven && std::none_of(group.blocks.begin(), group.blocks.end(), grown))
    return false;
  const LiveCurve curve(trace, group);
  if (curve.measured() < kFewestPoints) return false;
  const CurvePoint then = curve.at(run_us / 2), now = curve.at(run_us);
  if (!(then.hits > 0) || now.hits > 1.25 * then.hits || now.hits < 0.8 * then.hits) return false;
  return now.bytes / now.hits >= 1.25 * then.bytes / then.hits &&
         rise_of(curve, Quantity::kBytes, run_us).steady;
}

// At a clean exit destructors may free what had been growing until then. The ledger still tells:
// the site's peak lies at the very end, the way there was a steady rise, and what was alive an old
// age before the end (nearly) all lived to see it.
bool grew_until_torn_down(const trace::Trace& trace, const SiteGroup& group, const RunFacts& run) {
  const auto run_us = static_cast<double>(run.run_us);
  const auto peak_us = static_cast<double>(group.peak_us);
  const bool torn_down = run.exited && peak_us >= 0.9 * run_us && peak_us <= run_us &&
                         group.live_bytes < 0.5 * group.peak_bytes;
  if (!torn_down || group.deaths.hits < 2 * kFewestSamples) return false;
  const LiveCurve curve = LiveCurve::until_peak(trace, group);
  if (curve.measured() < kFewestPoints) return false;
  if (!rise_of(curve, Quantity::kBytes, peak_us).steady) return false;
  const uint64_t old_us = older_age_us(run.run_us);
  const double expected = curve.at(peak_us - static_cast<double>(old_us)).hits;
  const auto died = static_cast<double>(died_old(trace, group, old_us));
  return expected >= 3 && died >= 0.6 * expected && died <= expected / (1 - kMaxDiedOld);
}

bool any_unfreed(const trace::Trace& trace, const SiteGroup& group) {
  return std::any_of(group.blocks.begin(), group.blocks.end(),
                     [&trace](uint32_t block) { return !trace.live[block].torn_down(); });
}

Verdict behaviour_of(const trace::Trace& trace, const SiteGroup& group, const Survival& survival,
                     const RunFacts& run) {
  const uint64_t n = survival.survivors;
  if (run.run_us < kShortestRun_us) {
    return n == 0 ? Verdict{} : Verdict{LeakClass::kTooShort, 0, false, false};
  }
  if (grew_until_torn_down(trace, group, run)) {
    return {LeakClass::kGrowing, 0.8 * share_above(0.5, group.deaths.hits, 0), false, true};
  }
  if (n == 0) return {};
  if (n >= kFewestSamples && keeps_being_born(survival) && survives_old_age(survival)) {
    return {LeakClass::kGrowing, growing_confidence(survival), false, false};
  }
  if (grows_by_realloc(trace, group, survival, static_cast<double>(run.run_us))) {
    return {LeakClass::kGrowing, 0.8, true, false};
  }
  if (n < kFewestSamples) return {LeakClass::kTooFewSamples, 0, false, false};
  const double first_quarter = survival.evened[0] + survival.evened[1];
  if (first_quarter >= 0.9 * std::accumulate(survival.evened.begin(), survival.evened.end(), 0.0)) {
    const auto seen = static_cast<uint64_t>(std::llround(first_quarter));
    return {LeakClass::kStartup, std::min(kMostConfidence, share_above(0.5, seen, 0)), false,
            false};
  }
  if (!survives_old_age(survival) || survival.spread < kLeastSpread) return {};
  if (survival.early + survival.late < 3) {
    // Most are of the start-up or too young: nothing in between to tell a leak from normal use.
    // Samples that became rare meanwhile tell nothing at all.
    return survival.uneven ? Verdict{LeakClass::kTooFewSamples, 0, false, false} : Verdict{};
  }
  return {LeakClass::kPlateau,
          std::min(kMostConfidence, share_below(kLeastLate, survival.late, survival.early)), false,
          false};
}

}  // namespace

Verdict judge(const trace::Trace& trace, const SiteGroup& group, const Survival& survival,
              const RunFacts& run) {
  Verdict verdict = behaviour_of(trace, group, survival, run);
  // Site 0 is "other": put together from all over the program, it has no behaviour of its own.
  const bool is_other = !group.sites.empty() && group.sites.front() == 0;
  if (is_other && verdict.leak_class != LeakClass::kInUse) {
    verdict = {LeakClass::kTooFewSamples, 0, false, false};
  }
  if (!run.exact || !run.exited || verdict.leak_class == LeakClass::kGrowing) return verdict;
  if (any_unfreed(trace, group)) {
    return {LeakClass::kUnfreedAtExit, 1, false, false, verdict.leak_class};
  }
  // What exit handlers freed was alive up to the end, but is no leftover.
  const bool undecided =
      verdict.leak_class == LeakClass::kTooFewSamples || verdict.leak_class == LeakClass::kTooShort;
  return undecided ? Verdict{} : verdict;
}

}  // namespace dbgtrace::reader::analysis
