// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/live_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace dbgtrace::reader::analysis {
namespace {

constexpr double kUsPerDecisecond = 100'000;
constexpr int kSteps = 24;  // at which a curve is looked at: as many as a series has points

std::array<double, kSteps> sampled(const LiveCurve& curve, Quantity quantity, double end_us) {
  std::array<double, kSteps> values{};
  for (int i = 0; i < kSteps; ++i) {
    const CurvePoint point = curve.at(end_us * (i + 1) / kSteps);
    values[i] = quantity == Quantity::kBytes ? point.bytes : point.hits;
  }
  return values;
}

bool rises_steadily(const std::array<double, kSteps>& values) {
  constexpr int kQuarter = kSteps / 4;
  std::array<double, 4> mean{};
  for (int i = 0; i < kSteps; ++i) mean[i / kQuarter] += values[i] / kQuarter;
  if (!(mean[0] < mean[1] && mean[1] < mean[2] && mean[2] < mean[3])) return false;
  // A straight line rises by a half in its later half and by a quarter in its last quarter.
  const double all = values[kSteps - 1];
  return all - values[kSteps / 2 - 1] >= 0.3 * all &&
         all - values[kSteps - kQuarter - 1] >= 0.1 * all;
}

}  // namespace

LiveCurve::LiveCurve(const trace::Trace& trace, const SiteGroup& group)
    : LiveCurve(trace, group, 0) {}

LiveCurve LiveCurve::until_peak(const trace::Trace& trace, const SiteGroup& group) {
  LiveCurve curve(trace, group, 1);
  const CurvePoint last = curve.points_.empty() ? CurvePoint{} : curve.points_.back();
  const auto peak_us = std::max(last.time_us, static_cast<double>(group.peak_us));
  curve.points_.push_back({peak_us, group.peak_bytes, last.hits});
  return curve;
}

LiveCurve::LiveCurve(const trace::Trace& trace, const SiteGroup& group, size_t left_out) {
  // Each site's series is a step function; their sum steps wherever one of them does.
  std::vector<CurvePoint> changes;
  for (const uint32_t index : group.sites) {
    CurvePoint before;
    const auto& series = trace.sites[index].series;
    for (size_t i = 0; i + left_out < series.size(); ++i) {
      const CurvePoint now{series[i].time_ds * kUsPerDecisecond,
                           static_cast<double>(series[i].live_bytes),
                           static_cast<double>(series[i].live_hits)};
      changes.push_back({now.time_us, now.bytes - before.bytes, now.hits - before.hits});
      before = now;
    }
  }
  measured_ = changes.size();
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.time_us < b.time_us; });
  CurvePoint sum;
  for (const CurvePoint& change : changes) {
    sum = {change.time_us, sum.bytes + change.bytes, sum.hits + change.hits};
    points_.push_back(sum);
  }
}

CurvePoint LiveCurve::at(double time_us) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), time_us,
                       [](double time, const CurvePoint& point) { return time < point.time_us; });
  return after == points_.begin() ? CurvePoint{} : *std::prev(after);
}

double LiveCurve::between(double time_us) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), time_us,
                       [](double time, const CurvePoint& point) { return time < point.time_us; });
  if (after == points_.begin()) return 0;
  const CurvePoint& before = *std::prev(after);
  if (after == points_.end() || !(after->time_us > before.time_us)) return before.bytes;
  const double part = (time_us - before.time_us) / (after->time_us - before.time_us);
  return before.bytes + part * (after->bytes - before.bytes);
}

Estimate live_at(const trace::Trace& trace, const SiteGroup& group, uint64_t time_us,
                 BlockSum living) {
  const bool at_end = time_us >= trace.end_us();
  const LiveCurve curve(trace, group);
  if (curve.measured() == 0 || at_end) {
    for (const uint32_t index : group.blocks) {
      if (trace.live[index].birth_us <= time_us) living.add(trace.live[index]);
    }
    return living.bytes();
  }
  const CurvePoint point = curve.at(static_cast<double>(time_us));
  if (!(point.bytes > 0) || !(point.hits > 0)) return {};
  // A block of this group stands for as many bytes as one that it gave birth to.
  const double part =
      group.births.bytes == 0 ? 0 : point.bytes / static_cast<double>(group.births.bytes);
  return estimate_from(point.bytes, group.births.bytes_variance * std::min(1.0, part),
                       static_cast<uint64_t>(point.hits), 0);
}

Rise rise_of(const LiveCurve& curve, Quantity quantity, double end_us) {
  const auto values = sampled(curve, quantity, end_us);
  constexpr int kFirst = kSteps / 4;
  constexpr int kUsed = kSteps - kFirst;
  const double step_s = end_us / 1e6 / kSteps;
  double mean_t = 0, mean_y = 0;
  for (int i = kFirst; i < kSteps; ++i) {
    mean_t += i * step_s / kUsed;
    mean_y += values[i] / kUsed;
  }
  double tt = 0, ty = 0;
  for (int i = kFirst; i < kSteps; ++i) {
    tt += (i * step_s - mean_t) * (i * step_s - mean_t);
    ty += (i * step_s - mean_t) * (values[i] - mean_y);
  }
  Rise rise{rises_steadily(values), tt > 0 ? ty / tt : 0, 0};
  double residual = 0;
  for (int i = kFirst; i < kSteps; ++i) {
    const double off = values[i] - mean_y - rise.per_s * (i * step_s - mean_t);
    residual += off * off;
  }
  if (tt > 0) rise.error = std::sqrt(residual / (kUsed - 2) / tt);
  return rise;
}

}  // namespace dbgtrace::reader::analysis
