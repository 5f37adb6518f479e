// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/leaks.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "reader/analysis/live_curve.hpp"
#include "reader/analysis/statistics.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr double kMiB = 1024 * 1024;
constexpr double kDay_s = 86400;

// What was born past the start-up cohort and before the youngest one, and lives: per second.
GrowthRate rate_of_births(const trace::Trace& trace, const SiteGroup& group, double run_s) {
  BlockSum sum(trace.header);
  for (const uint32_t index : group.blocks) {
    const trace::LiveBlock& block = trace.live[index];
    const double part = static_cast<double>(block.birth_us) / 1e6 / run_s * kCohorts;
    if (part >= 1 && part < kCohorts - 1) sum.add(block);
  }
  const Estimate born = sum.bytes();
  const double seconds = run_s * (kCohorts - 2) / kCohorts;
  return {born.value / seconds, born.low / seconds, born.high / seconds};
}

GrowthRate rate_of_curve(const LiveCurve& curve, double end_us) {
  const Rise rise = rise_of(curve, Quantity::kBytes, end_us);
  return {rise.per_s, std::max(0.0, rise.per_s - kNormal95 * rise.error),
          rise.per_s + kNormal95 * rise.error};
}

// The heap of a group at its peak, which its blocks no longer tell.
void take_peak(Leak& leak, const SiteGroup& group) {
  const double part = group.births.bytes == 0 ? 0 : group.peak_bytes / group.births.bytes;
  const auto samples =
      static_cast<uint64_t>(std::llround(part * static_cast<double>(group.births.hits)));
  const double count =
      static_cast<double>(group.births.weight_q15) / static_cast<double>(ring::kOneQ15) * part;
  leak.bytes = estimate_from(group.peak_bytes, group.births.bytes_variance * part, samples, 0);
  leak.count = estimate_from(count, group.births.weight_variance * part, samples, 0);
}

// By what it costs: a share of the heap, or what a day of it would add.
Severity severity_of(const Leak& leak, double heap_bytes) {
  const double part = heap_bytes > 0 ? leak.bytes.value / heap_bytes : 0;
  if (leak.verdict.leak_class == LeakClass::kGrowing) {
    const double day_bytes = leak.growth ? leak.growth->bytes_per_s * kDay_s : 0;
    if (part >= 0.25 || day_bytes >= 1024 * kMiB) return Severity::kHigh;
    if (part >= 0.05 || day_bytes >= 64 * kMiB) return Severity::kMedium;
    return Severity::kLow;
  }
  return leak.verdict.leak_class == LeakClass::kUnfreedAtExit && part >= 0.25 ? Severity::kMedium
                                                                              : Severity::kLow;
}

// Of growing ones the rate decides, of the others what they hold; the site breaks ties.
auto rank(const Leak& leak) {
  const double rate = leak.growth ? leak.growth->bytes_per_s : 0;
  return std::make_tuple(leak.verdict.leak_class, -rate, -leak.bytes.value, leak.sites.front());
}

// Living blocks, and of them those that exit handlers and destructors freed.
struct Living {
  explicit Living(const ring::Header& header) : all(header), torn_down(header), held(header) {}
  void add(const trace::LiveBlock& block) {
    all.add(block);
    (block.torn_down() ? torn_down : held).add(block);
  }
  BlockSum all, torn_down, held;
};

Leak describe(const trace::Trace& trace, const SiteGroup& group, const Living& parts,
              const Survival& survival, const Verdict& verdict) {
  const auto run_us = static_cast<double>(trace.end_us());
  Leak leak;
  leak.verdict = verdict;
  leak.survival = survival;
  leak.stack = group.stack;
  leak.sites = group.sites;
  leak.oldest_age_s = static_cast<double>(survival.oldest_us) / 1e6;
  const bool unfreed = verdict.leak_class == LeakClass::kUnfreedAtExit;
  leak.bytes = (unfreed ? parts.held : parts.all).bytes();
  leak.count = (unfreed ? parts.held : parts.all).count();
  leak.torn_down = parts.torn_down.bytes().samples;
  if (verdict.freed_at_exit) {
    const auto peak_us = static_cast<double>(group.peak_us);
    take_peak(leak, group);
    leak.growth = rate_of_curve(LiveCurve::until_peak(trace, group), peak_us);
    leak.oldest_age_s = (peak_us - static_cast<double>(group.first_us)) / 1e6;
  } else if (verdict.leak_class == LeakClass::kGrowing) {
    leak.growth = verdict.by_realloc ? rate_of_curve(LiveCurve(trace, group), run_us)
                                     : rate_of_births(trace, group, run_us / 1e6);
  }
  return leak;
}

}  // namespace

uint64_t LeakReport::growing() const {
  return static_cast<uint64_t>(std::count_if(leaks.begin(), leaks.end(), [](const Leak& leak) {
    return leak.verdict.leak_class == LeakClass::kGrowing;
  }));
}

bool is_exact(const trace::Trace& trace) {
  return trace.header.live.exact_until_us == ~uint64_t{0};
}

bool is_cut(const trace::Trace& trace) { return trace.file_bytes < trace.header.file_bytes; }

LeakReport find_leaks(const trace::Trace& trace) {
  LeakReport report;
  const RunFacts run{trace.end_us(), is_exact(trace) && !is_cut(trace),
                     trace.header.live.state == static_cast<uint32_t>(ring::State::kExited)};
  report.run_s = static_cast<double>(run.run_us) / 1e6;
  report.interval_bytes = trace.header.live.interval_bytes;
  report.exact = run.exact;
  const Intervals intervals = intervals_of(trace.header);
  const Living none(trace.header);
  Living heap = none;
  for (const SiteGroup& group : group_sites(trace)) {
    if (group.mapping) continue;
    Living living = none;
    for (const uint32_t index : group.blocks) {
      living.add(trace.live[index]);
      heap.add(trace.live[index]);
    }
    const Survival survival = survival_of(trace, group, intervals);
    const Verdict verdict = judge(trace, group, survival, run);
    if (verdict.leak_class != LeakClass::kInUse) {
      report.leaks.push_back(describe(trace, group, living, survival, verdict));
      if (run.exact && run.exited) {
        report.leaks.back().unfreed_bytes = living.held.bytes();
        report.leaks.back().unfreed_count = living.held.count();
      }
    } else if (!group.blocks.empty()) {
      ++report.in_use_sites;
      report.in_use_bytes += living.all.bytes().value;
    }
  }
  report.live_bytes = heap.all.bytes();
  report.live_count = heap.all.count();
  report.torn_down_bytes = heap.torn_down.bytes();
  report.unfreed_bytes = heap.held.bytes();
  for (Leak& leak : report.leaks) leak.severity = severity_of(leak, report.live_bytes.value);
  std::sort(report.leaks.begin(), report.leaks.end(),
            [](const Leak& a, const Leak& b) { return rank(a) < rank(b); });
  return report;
}

const char* name_of(LeakClass leak_class) {
  switch (leak_class) {
    case LeakClass::kGrowing:
      return "growing";
    case LeakClass::kUnfreedAtExit:
      return "unfreed-at-exit";
    case LeakClass::kTooFewSamples:
      return "too-few-samples";
    case LeakClass::kTooShort:
      return "too-short";
    case LeakClass::kPlateau:
      return "plateau";
    case LeakClass::kStartup:
      return "startup";
    case LeakClass::kInUse:
      return "in-use";
  }
  return "in-use";
}

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::kHigh:
      return "high";
    case Severity::kMedium:
      return "medium";
    case Severity::kLow:
      return "low";
  }
  return "low";
}

}  // namespace dbgtrace::reader::analysis
