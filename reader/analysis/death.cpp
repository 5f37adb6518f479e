// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/death.hpp"

#include <algorithm>

namespace dbgtrace::reader::analysis {
namespace {

// Slope of the resident size over the last quarter of the run, at most ten minutes.
std::optional<double> final_slope(const trace::Trace& trace) {
  constexpr double kLongest = 600, kLeastPoints = 4;
  const double end = static_cast<double>(trace.end_us()) / 1e6;
  const double from = end - std::min(kLongest, end / 4);
  double n = 0, t = 0, y = 0, tt = 0, ty = 0;
  for (const ring::SeriesPoint& point : trace.series) {
    const double at = static_cast<double>(point.time_us) / 1e6 - from;
    if (at < 0 || point.rss_bytes == 0) continue;
    const auto value = static_cast<double>(point.rss_bytes);
    ++n;
    t += at;
    y += value;
    tt += at * at;
    ty += at * value;
  }
  const double spread = n * tt - t * t;
  if (n < kLeastPoints || !(spread > 0)) return std::nullopt;
  return (n * ty - t * y) / spread;
}

// The newest fault that the kernel reported, if next to nothing was recorded after it.
std::optional<ring::HandledFault> final_fault(const trace::Trace& trace) {
  constexpr uint64_t kNothingAfterUs = 200'000;
  std::optional<ring::HandledFault> newest;
  for (const ring::HandledFault& fault : trace.black_box.handled) {
    if (fault.last_code <= 0 || fault.last_us + kNothingAfterUs < trace.end_us()) continue;
    if (!newest || fault.last_us > newest->last_us) newest = fault;
  }
  return newest;
}

void judge(Death& death) {
  constexpr double kNear = 0.9;
  const bool counted = death.kills && *death.kills > 0;
  const bool near = death.limit_was_met || death.share_of_limit() >= kNear;
  if (counted && near) {
    death.vanished_by = VanishedBy::kProbablyOutOfMemory;
    death.confidence = 0.95;
  } else if (counted || near) {
    death.vanished_by = VanishedBy::kPerhapsOutOfMemory;
    death.confidence = counted ? 0.8 : 0.6;
  } else {
    death.vanished_by = VanishedBy::kSomething;
    death.confidence = 0.9;
  }
}

}  // namespace

Death death_of(const trace::Trace& trace, const ProcessState& state,
               const std::optional<CgroupMemory>& now) {
  Death death;
  death.state = state;
  death.sandboxed = trace.header.live.sandboxed != 0;
  uint64_t last_us = trace.end_us();
  for (const ring::HandledFault& fault : trace.black_box.handled) {
    last_us = std::max(last_us, fault.last_us);
  }
  death.last_sign_s = static_cast<double>(last_us) / 1e6;
  const CgroupMemory start = process_facts(trace.black_box).cgroup_at_start;
  death.limit_bytes = start.limit;
  if (now && now->kills && start.kills && *now->kills >= *start.kills) {
    death.kills = *now->kills - *start.kills;
  }
  if (now && now->peak && death.limit_bytes) {
    death.limit_was_met = *now->peak >= *death.limit_bytes - *death.limit_bytes / 64;
  }
  for (const ring::SeriesPoint& point : trace.series) {
    if (point.rss_bytes > 0) death.last_rss_bytes = point.rss_bytes;
  }
  death.last_live_bytes = static_cast<double>(trace.header.live.live_bytes);
  death.rss_bytes_per_s = final_slope(trace);
  const LeakReport leaks = find_leaks(trace);
  for (const Leak& leak : leaks.leaks) {
    if (!leak.growth || leak.growth->bytes_per_s <= death.growth_bytes_per_s.value_or(0)) continue;
    death.growth_bytes_per_s = leak.growth->bytes_per_s;
    death.growth_stack = leak.stack;
  }
  if (state.kind == StateKind::kKilled) judge(death);
  const bool failed = state.kind == StateKind::kExited && state.status().value_or(0) != 0;
  if (failed || state.kind == StateKind::kKilled) death.last_fault = final_fault(trace);
  return death;
}

}  // namespace dbgtrace::reader::analysis
