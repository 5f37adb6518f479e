// SPDX-License-Identifier: Apache-2.0
// How the heap of the process behaves as a whole: where it goes, how much it swings, and how much
// of the process's resident memory it explains.
#pragma once

#include <optional>
#include <vector>

#include "reader/analysis/memory.hpp"

namespace dbgtrace::reader::analysis {

enum class Trend { kUnknown, kSteady, kGrowing, kShrinking };
const char* name_of(Trend trend);

struct GrowthPattern {
  Trend trend = Trend::kUnknown;
  double bytes_per_s = 0, low = 0, high = 0;  // of the later three quarters, with 95 % interval
  double baseline_bytes = 0;  // what it falls back to: the lowest tenth of the later three quarters
  double peak_bytes = 0;
  double volatility = 0;  // standard deviation around the trend, as a share of the mean
};
// Unknown for runs with fewer than eight points.
GrowthPattern growth_pattern(const std::vector<TimelinePoint>& timeline, double run_s);

// Resident memory beside what lives in the heap: code, stacks, mappings, free memory that the
// allocator keeps and what lies between blocks. A recorder can't tell these apart.
struct Residency {
  double t_s = 0;
  double rss_bytes = 0, live_bytes = 0;
  double beside_bytes() const { return rss_bytes > live_bytes ? rss_bytes - live_bytes : 0; }
};
struct Fragmentation {
  Residency at_end, at_peak;  // of resident memory
  // Resident memory stayed although the heap fell from its peak: free memory that was kept.
  double kept_bytes = 0;
};
std::optional<Fragmentation> fragmentation(const std::vector<TimelinePoint>& timeline);

}  // namespace dbgtrace::reader::analysis
