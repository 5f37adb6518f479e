// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/estimate.hpp"

#include <algorithm>
#include <cmath>

#include "reader/analysis/statistics.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::analysis {
Estimate estimate_from(double value, double variance, uint64_t samples, double seen, double step) {
  value = std::max(value, seen);
  Estimate estimate{value, value, value, samples, 0, seen, step};
  // A damaged file may hold any double.
  if (!(value > 0) || !(variance > 0) || !std::isfinite(variance)) return estimate;
  estimate.variance = variance;
  const double scale = variance / value;  // the contribution of one typical sample
  const double shape = value / scale;     // how many such samples the sum is worth
  estimate.low = std::min(value, std::max(seen, scale * gamma_quantile(shape, -kNormal95)));
  const double more = std::max(scale, step);
  const double high_scale = (variance + more * more) / (value + more);
  const double high_shape = (value + more) / high_scale;
  estimate.high = std::max(value, high_scale * gamma_quantile(high_shape, kNormal95));
  return estimate;
}

Estimate operator+(const Estimate& a, const Estimate& b) {
  return estimate_from(a.value + b.value, a.variance + b.variance, a.samples + b.samples,
                       a.seen + b.seen, std::max(a.step, b.step));
}

void BlockSum::add(const trace::LiveBlock& block) {
  const double weight = block.weight;
  const auto size = static_cast<double>(block.size_bytes);
  double variance = weight * (weight - 1) * size * size;
  // A block that grew by realloc is a sum of sampled pieces and its weight is their mean, so
  // another one than its size would have been given. A piece of d bytes adds d / p with a variance
  // of at most d / p times the interval, whatever d was.
  const bool whole = weight == 1 || is_weight_of_size(weight, size, intervals_.base) ||
                     is_weight_of_size(weight, size, intervals_.last);
  if (!whole) variance = std::max(variance, weight * size * intervals_.base);
  bytes_.add(weight * size, variance, size);
  count_.add(weight, weight * (weight - 1), 1);
}

Estimate allocations_of(const ring::BirthTally& births) {
  const double count = static_cast<double>(births.weight_q15) / static_cast<double>(ring::kOneQ15);
  return estimate_from(count, births.weight_variance, births.hits,
                       static_cast<double>(births.hits));
}

Estimate allocated_bytes_of(const ring::BirthTally& births) {
  return estimate_from(static_cast<double>(births.bytes), births.bytes_variance, births.hits, 0);
}

ring::BirthTally operator+(const ring::BirthTally& a, const ring::BirthTally& b) {
  return {a.hits + b.hits, a.weight_q15 + b.weight_q15, a.bytes + b.bytes,
          a.weight_variance + b.weight_variance, a.bytes_variance + b.bytes_variance};
}

}  // namespace dbgtrace::reader::analysis
