// SPDX-License-Identifier: Apache-2.0
// Estimates as whole numbers, as files and documents hold them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dbgtrace::reader::output {

// Nearest; what is no number, as a damaged file may hold it, is 0.
inline int64_t whole(double value) {
  constexpr double kMost = 9.2e18;
  return std::isfinite(value) ? std::llround(std::clamp(value, -kMost, kMost)) : 0;
}

// Of two that are not negative; a damaged file may hold some whose sum no number is large enough
// for.
inline int64_t sum_of(int64_t a, int64_t b) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return a > kMost - b ? kMost : a + b;
}

}  // namespace dbgtrace::reader::output
