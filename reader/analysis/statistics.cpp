// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace dbgtrace::reader::analysis {

double gamma_quantile(double shape, double z) {
  if (!(shape > 0)) return 0;
  const double root = 1 - 1 / (9 * shape) + z / (3 * std::sqrt(shape));
  return root <= 0 ? 0 : shape * root * root * root;
}

double share_above(double x, uint64_t yes, uint64_t no) {
  if (x <= 0) return 1;
  if (x >= 1) return 0;
  constexpr double kMaxCases = 2000;
  const double cases = static_cast<double>(yes) + static_cast<double>(no);
  const double scale = cases > kMaxCases ? kMaxCases / cases : 1;
  const double hits = std::round(static_cast<double>(yes) * scale);
  const double trials = std::round(cases * scale) + 1;
  // The Beta tail is P(Binomial(trials, x) <= hits).
  double sum = 0;
  for (double k = 0; k <= hits; ++k) {
    sum += std::exp(std::lgamma(trials + 1) - std::lgamma(k + 1) - std::lgamma(trials - k + 1) +
                    k * std::log(x) + (trials - k) * std::log1p(-x));
  }
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace dbgtrace::reader::analysis
