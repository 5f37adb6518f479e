// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/intervals.hpp"

#include <algorithm>
#include <cmath>

namespace dbgtrace::reader::analysis {

Intervals intervals_of(const ring::Header& header) {
  Intervals intervals;
  intervals.base = static_cast<double>(header.base_interval_bytes);
  intervals.last = static_cast<double>(header.live.interval_bytes);
  intervals.coarsest = std::max(intervals.base, intervals.last);
  for (const ring::IntervalChange& change : header.live.interval_changes) {
    const uint64_t interval_bytes = change.interval_cause & ring::kTimeMask;
    intervals.coarsest = std::max(intervals.coarsest, static_cast<double>(interval_bytes));
  }
  return intervals;
}

double chance_of(double size_bytes, double interval_bytes) {
  return interval_bytes > 1 ? -std::expm1(-size_bytes / interval_bytes) : 1;
}

bool is_weight_of_size(double weight, double size_bytes, double interval_bytes) {
  if (!(interval_bytes > 0)) return true;
  const double drawn = 1 / chance_of(size_bytes, interval_bytes);
  return std::abs(weight - drawn) <= 0.02 * drawn;
}

}  // namespace dbgtrace::reader::analysis
