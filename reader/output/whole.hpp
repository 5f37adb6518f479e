// SPDX-License-Identifier: Apache-2.0
// Estimates as whole numbers, as files and documents hold them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dbgtrace::reader::output {

// Nearest; what is no number, as a damaged file may hold it, is 0.
inline int64_t whole(double value) {
  constexpr double kMost = 9.2e18;
  return std::isfinite(value) ? std::llround(std::clamp(value, -kMost, kMost)) : 0;
}

}  // namespace dbgtrace::reader::output
