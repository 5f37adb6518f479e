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

namespace {

// Where both tails hold several standard deviations, the normal one is as good and has no loop.
constexpr double kManyCases = 4000;

double two_sided_normal(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

// The sum of exp(log_term(k)) for whole k in [from, to], at most 1.
template <typename LogTerm>
double sum_of(double from, double to, LogTerm log_term) {
  double sum = 0;
  for (double k = from; k <= to; ++k) sum += std::exp(log_term(k));
  return std::min(1.0, sum);
}

}  // namespace

double two_counts_differ(double a, double b, double exposure_a, double exposure_b) {
  const double n = std::round(a) + std::round(b);
  if (!(n > 0) || !(exposure_a > 0) || !(exposure_b > 0)) return 1;
  const double share = exposure_a / (exposure_a + exposure_b);
  const double k = std::round(a), mean = n * share;
  if (n > kManyCases)
    return two_sided_normal((a - (a + b) * share) / std::sqrt(n * share * (1 - share)));
  const auto log_term = [&](double i) {
    return std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) + i * std::log(share) +
           (n - i) * std::log1p(-share);
  };
  return std::min(1.0, 2 * (k <= mean ? sum_of(0, k, log_term) : sum_of(k, n, log_term)));
}

double count_differs(double count, double expected) {
  const double k = std::round(count);
  if (!(expected > 0)) return k > 0 ? 0 : 1;
  if (expected > kManyCases) return two_sided_normal((count - expected) / std::sqrt(expected));
  const auto log_term = [&](double i) {
    return i * std::log(expected) - expected - std::lgamma(i + 1);
  };
  // Far above the mean the terms fall by more than a half each: a few hundred are all there is.
  const double end = std::max(k, expected) + 10 * std::sqrt(expected) + 200;
  return std::min(1.0, 2 * (k <= expected ? sum_of(0, k, log_term) : sum_of(k, end, log_term)));
}

}  // namespace dbgtrace::reader::analysis
