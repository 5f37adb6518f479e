// SPDX-License-Identifier: Apache-2.0
// The two pieces of probability that the verdicts rest on. Approximations are named with the error
// that they make; nothing in here knows of memory.
#pragma once

#include <cstdint>

namespace dbgtrace::reader::analysis {

inline constexpr double kNormal95 = 1.959964;  // 95 % of a normal variable lie within +- this

// The point of the Gamma(shape, 1) distribution at which a normal variable would be at z. By Wilson
// and Hilferty's cube; within 1 % of the true value for shape >= 1 and |z| <= 2.
double gamma_quantile(double shape, double z);

// How probable it is that a share is above (below) x after `yes` of yes + no cases had it, if
// before every share was as likely as every other: the tail of Beta(yes + 1, no + 1). More than
// 2000 cases count as 2000, which is certain enough.
double share_above(double x, uint64_t yes, uint64_t no);
inline double share_below(double x, uint64_t yes, uint64_t no) {
  return share_above(1 - x, no, yes);
}

// Whether two counts of events can be the same rate: how probable it is that `a` and `b`, which
// would share the events as exposure_a : exposure_b, lie at least that far from it. Counts may be
// fractions (effective numbers of samples). With an exposure of infinity that side is known without
// doubt: `expected` events on the other.
double two_counts_differ(double a, double b, double exposure_a, double exposure_b);
double count_differs(double count, double expected);

}  // namespace dbgtrace::reader::analysis
