// SPDX-License-Identifier: Apache-2.0
// The sampling intervals of a recording, and what a sample weighed under each. Where the interval
// changed, samples of different times stand for different amounts: they are never counted, only
// weighed.
#pragma once

#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct Intervals {
  double base = 0;      // bytes, as asked for
  double last = 0;      // in force at the end
  double coarsest = 0;  // that was ever in force
  bool changed() const { return coarsest > base; }
};
Intervals intervals_of(const ring::Header& header);

// A block of that size is hit with this probability and weighs the inverse (docs/file-format.md).
double chance_of(double size_bytes, double interval_bytes);

// Whether a block of that size has the weight that it would have been given under the interval.
bool is_weight_of_size(double weight, double size_bytes, double interval_bytes);

}  // namespace dbgtrace::reader::analysis
