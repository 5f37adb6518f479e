// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/heap_pattern.hpp"

#include <algorithm>
#include <cmath>

#include "reader/analysis/statistics.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr size_t kFewestPoints = 8;
constexpr double kLeastDrift = 0.05;  // of the mean, over the time looked at

}  // namespace

const char* name_of(Trend trend) {
  switch (trend) {
    case Trend::kUnknown:
      return "unknown";
    case Trend::kSteady:
      return "steady";
    case Trend::kGrowing:
      return "growing";
    case Trend::kShrinking:
      return "shrinking";
  }
  return "unknown";
}

GrowthPattern growth_pattern(const std::vector<TimelinePoint>& timeline, double run_s) {
  GrowthPattern pattern;
  std::vector<TimelinePoint> used;
  for (const TimelinePoint& point : timeline) {
    pattern.peak_bytes = std::max(pattern.peak_bytes, point.live_bytes);
    if (point.t_s >= run_s / 4) used.push_back(point);
  }
  if (used.size() < kFewestPoints) return pattern;
  const auto n = static_cast<double>(used.size());
  double mean_t = 0, mean_y = 0, tt = 0, ty = 0, residual = 0;
  for (const TimelinePoint& point : used) {
    mean_t += point.t_s / n;
    mean_y += point.live_bytes / n;
  }
  for (const TimelinePoint& point : used) {
    tt += (point.t_s - mean_t) * (point.t_s - mean_t);
    ty += (point.t_s - mean_t) * (point.live_bytes - mean_y);
  }
  if (!(tt > 0)) return pattern;
  pattern.bytes_per_s = ty / tt;
  double lag = 0, before = 0;
  for (size_t i = 0; i < used.size(); ++i) {
    const double off = used[i].live_bytes - mean_y - pattern.bytes_per_s * (used[i].t_s - mean_t);
    residual += off * off;
    if (i > 0) lag += off * before;
    before = off;
  }
  // Neighbouring points of a heap resemble each other: they count as fewer than they are.
  const double correlation = residual > 0 ? std::clamp(lag / residual, 0.0, 0.95) : 0;
  const double independent = std::max(3.0, n * (1 - correlation) / (1 + correlation));
  const double error = std::sqrt(residual / n / tt * n / (independent - 2));
  pattern.low = pattern.bytes_per_s - kNormal95 * error;
  pattern.high = pattern.bytes_per_s + kNormal95 * error;
  pattern.volatility = mean_y > 0 ? std::sqrt(residual / n) / mean_y : 0;
  std::vector<double> levels;
  for (const TimelinePoint& point : used) levels.push_back(point.live_bytes);
  std::sort(levels.begin(), levels.end());
  pattern.baseline_bytes = levels[levels.size() / 10];
  const double drift = pattern.bytes_per_s * (used.back().t_s - used.front().t_s);
  const bool matters = std::abs(drift) >= kLeastDrift * mean_y;
  pattern.trend = matters && pattern.low > 0    ? Trend::kGrowing
                  : matters && pattern.high < 0 ? Trend::kShrinking
                                                : Trend::kSteady;
  return pattern;
}

std::optional<Fragmentation> fragmentation(const std::vector<TimelinePoint>& timeline) {
  Fragmentation result;
  double highest_live = 0;
  for (const TimelinePoint& point : timeline) {
    highest_live = std::max(highest_live, point.live_bytes);
    if (!(point.rss_bytes > 0)) continue;
    const Residency now{point.t_s, point.rss_bytes, point.live_bytes};
    if (now.rss_bytes > result.at_peak.rss_bytes) result.at_peak = now;
    result.at_end = now;
  }
  if (!(result.at_end.rss_bytes > 0)) return std::nullopt;
  const double fell = highest_live - result.at_end.live_bytes;
  const double given_back = result.at_peak.rss_bytes - result.at_end.rss_bytes;
  result.kept_bytes = std::max(0.0, std::min(fell, result.at_end.beside_bytes()) - given_back);
  return result;
}

}  // namespace dbgtrace::reader::analysis
