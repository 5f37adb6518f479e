// SPDX-License-Identifier: Apache-2.0
// Poisson sampling by bytes. Hits fall on the stream of allocated bytes like raindrops, on average
// one in every T bytes, each byte independently of all others; so the distance to the next hit is
// exponential with mean T and has no memory: after a hit, or on a thread's first allocation, one
// draws a new distance and needs no history. A block of s bytes is hit with probability p = 1 -
// exp(-s / T), and weight 1 / p makes every sum over samples an unbiased estimate
// (Horvitz-Thompson).
#pragma once

#include <bit>
#include <cstdint>

#include "ring/weight.hpp"

namespace dbgtrace::hooks::alloc {

// 1 - exp(-x) for x > 0, relative error below 1e-13, without libm (which may touch errno and is not
// linked).
constexpr double hit_probability(double x) {
  if (x > 40) return 1.0;
  int halvings = 0;
  for (; x > 0.125; x *= 0.5) ++halvings;
  double term = x, sum = x;  // expm1 series of -x, sign flipped
  for (int n = 2; n < 14; ++n) {
    term *= -x / n;
    sum += term;
  }
  // With q = 1 - exp(-x): 1 - exp(-2x) = q (2 - q).
  for (; halvings > 0; --halvings) sum = sum * (2 - sum);
  return sum;
}

// The weight of a sample of size bytes at interval T. interval 1: every allocation is recorded, all
// weights are 1.
constexpr uint16_t sample_weight(uint64_t size_bytes, uint64_t interval_bytes) {
  if (interval_bytes <= 1 || size_bytes == 0) return ring::kWeightOne;
  const double p =
      hit_probability(static_cast<double>(size_bytes) / static_cast<double>(interval_bytes));
  return ring::weight_from_double(1.0 / p);
}

// -ln(u / 2^53) for u in [1, 2^53]: exponent by bits, mantissa in [sqrt(1/2), sqrt(2)) by the atanh
// series.
constexpr double negative_log_of_53_bits(uint64_t u) {
  double value = static_cast<double>(u);
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  const double z = (mantissa - 1) / (mantissa + 1), z2 = z * z;
  double power = z, sum = 0;
  for (int n = 1; n < 22; n += 2) {
    sum += power / n;
    power *= z2;
  }
  constexpr double kLn2 = 0.693147180559945309417;
  return (53 - exponent) * kLn2 - 2 * sum;
}

// xorshift64*: 8 bytes of state, period 2^64 - 1.
struct Random {
  uint64_t state = 0;  // never 0 once seeded

  constexpr void seed(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    value ^= value >> 31;
    state = value != 0 ? value : 0x9e3779b97f4a7c15;
  }
  constexpr uint64_t next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
  }
};

// Bytes to the next hit: at least 1, mean interval_bytes. The hot path lets an allocation of n
// bytes pass while n < distance.
constexpr uint64_t draw_distance(Random& random, uint64_t interval_bytes) {
  const uint64_t u = (random.next() >> 11) + 1;
  const double distance = negative_log_of_53_bits(u) * static_cast<double>(interval_bytes) + 1;
  return distance < 9e18 ? static_cast<uint64_t>(distance) : uint64_t{9'000'000'000'000'000'000};
}

}  // namespace dbgtrace::hooks::alloc
