// SPDX-License-Identifier: Apache-2.0
// A group's live bytes and samples over the run, from the thinning series of its sites. It answers
// what the living blocks alone can't: whether a few blocks grow for ever by realloc, and whether a
// heap that a clean exit tore down had been growing until then.
#pragma once

#include <cstdint>
#include <vector>

#include "reader/analysis/estimate.hpp"
#include "reader/analysis/site_groups.hpp"

namespace dbgtrace::reader::analysis {

struct CurvePoint {
  double time_us = 0;
  double bytes = 0;
  double hits = 0;
};

class LiveCurve {
 public:
  LiveCurve(const trace::Trace& trace, const SiteGroup& group);
  // Up to the group's peak, of a heap that was torn down right after it: the last point of a series
  // keeps following the present, down to nothing.
  static LiveCurve until_peak(const trace::Trace& trace, const SiteGroup& group);

  // The last known state at that time; zero before the first one.
  CurvePoint at(double time_us) const;
  // Bytes at that time on a straight line between the points before and after it.
  double between(double time_us) const;
  // Points that the series really has: few of them prove nothing.
  size_t measured() const { return measured_; }

 private:
  LiveCurve(const trace::Trace& trace, const SiteGroup& group, size_t left_out);

  std::vector<CurvePoint> points_;  // by time
  size_t measured_ = 0;
};

// A group's live bytes at a time. Of a group without a series only the survivors are known: what
// of today's blocks was there then, the least that it can have been. living: an empty sum, which
// takes longer to make than to copy.
Estimate live_at(const trace::Trace& trace, const SiteGroup& group, uint64_t time_us,
                 BlockSum living);

// Of a curve y over [0, end]: the straight line through it and how steadily it rises.
struct Rise {
  bool steady = false;  // every quarter's mean above the one before, and no end of it in sight
  double per_s = 0;     // least squares, of the later three quarters (the first is start-up)
  double error = 0;     // standard error of it
};
enum class Quantity { kBytes, kHits };
Rise rise_of(const LiveCurve& curve, Quantity quantity, double end_us);

}  // namespace dbgtrace::reader::analysis
