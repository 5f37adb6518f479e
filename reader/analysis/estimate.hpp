// SPDX-License-Identifier: Apache-2.0
// Totals estimated from samples. An allocation of size s is sampled with probability 1/w and then
// stands for w allocations (Horvitz and Thompson), so a total is a sum of w * x over the samples,
// with the variance sum of w (w - 1) x^2. With w = 1 throughout nothing is estimated: the interval
// is a point.
#pragma once

#include <cstdint>

#include "reader/analysis/intervals.hpp"
#include "reader/trace/trace.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

// A 95 % interval [low, high] around value.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
  uint64_t samples = 0;
  double variance = 0;
  double seen = 0;  // what the samples themselves amount to
  double step = 0;  // what a sample more could have added
  bool exact() const { return low == value && high == value; }
};

// The sum is a weighted sum of Poisson counts: its interval is taken from the gamma distribution
// with the same mean and variance, the upper end with one more sample of the largest contribution
// that one could make (Fay and Feuer 1997), which keeps it honest at small counts, where value +- 2
// sigma would dip below zero. seen: what the samples themselves amount to, a floor that no doubt
// can lower. step: that largest contribution, where it may be larger than the typical one: where
// the interval changed.
Estimate estimate_from(double value, double variance, uint64_t samples, double seen,
                       double step = 0);

// Of two sums over different samples.
Estimate operator+(const Estimate& a, const Estimate& b);

// Adds up samples one by one.
class EstimateSum {
 public:
  void add(double value, double variance, double seen) {
    value_ += value;
    variance_ += variance > 0 ? variance : 0;
    seen_ += seen;
    ++samples_;
  }
  double value() const { return value_; }
  Estimate result(double step = 0) const {
    return estimate_from(value_, variance_, samples_, seen_, step);
  }

 private:
  double value_ = 0, variance_ = 0, seen_ = 0;
  uint64_t samples_ = 0;
};

// Bytes and number of the blocks that some sampled living ones stand for.
class BlockSum {
 public:
  // The sampling intervals in force are the header's.
  explicit BlockSum(const ring::Header& header) : intervals_(intervals_of(header)) {}

  void add(const trace::LiveBlock& block);
  Estimate bytes() const { return bytes_.result(step_bytes()); }
  Estimate count() const {
    const double bytes = bytes_.value();
    return count_.result(bytes > 0 ? step_bytes() * count_.value() / bytes : 0);
  }

 private:
  // A sample of small blocks stands for an interval.
  double step_bytes() const { return intervals_.changed() ? intervals_.coarsest : 0; }

  Intervals intervals_;
  EstimateSum bytes_, count_;
};

// Blocks and bytes ever allocated, from the sums that the recorder kept.
Estimate allocations_of(const ring::BirthTally& births);
Estimate allocated_bytes_of(const ring::BirthTally& births);
ring::BirthTally operator+(const ring::BirthTally& a, const ring::BirthTally& b);

}  // namespace dbgtrace::reader::analysis
