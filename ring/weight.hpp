// SPDX-License-Identifier: Apache-2.0
// A sample's weight in 16 bits: 5 bits exponent, 11 bits mantissa, w = (2048 + m) * 2^e / 2^15,
// from 1/16 to almost 2^28. A weight below 1 belongs to a block that grew in realloc since its last
// hit (docs/decisions/0006-realloc-growth-is-sampled.md). The rounded weight is used at birth and
// at death alike, so sums stay balanced; rounding to nearest errs by at most 2^-12.
#pragma once

#include <bit>
#include <cstdint>

namespace dbgtrace::ring {

inline constexpr uint64_t kOneQ15 = 32768;
inline constexpr uint16_t kWeightOne = 4 << 11;

// weight in 1/32768. Range [2048, 2^43).
constexpr uint64_t weight_to_q15(uint16_t weight) {
  return uint64_t{2048u + (weight & 2047u)} << (weight >> 11);
}

constexpr double weight_to_double(uint16_t weight) {
  return static_cast<double>(weight_to_q15(weight)) / static_cast<double>(kOneQ15);
}

// Nearest weight to q15 / 32768; below the range the smallest, above it the largest.
constexpr uint16_t weight_from_q15(uint64_t q15) {
  if (q15 <= 2048) return 0;
  unsigned exponent = static_cast<unsigned>(std::bit_width(q15)) - 12;
  if (exponent > 31) return 0xffff;
  uint64_t mantissa = exponent == 0 ? q15 : (q15 + (uint64_t{1} << (exponent - 1))) >> exponent;
  if (mantissa >= 4096) {
    mantissa >>= 1;
    if (++exponent > 31) return 0xffff;
  }
  return static_cast<uint16_t>(exponent << 11 | (mantissa & 2047));
}

constexpr uint16_t weight_from_double(double weight) {
  if (!(weight > 0.0625)) return 0;
  if (weight >= 268435455.0) return 0xffff;
  // lround is not constexpr, and nothing here is negative.
  // NOLINTNEXTLINE(bugprone-incorrect-roundings)
  return weight_from_q15(static_cast<uint64_t>(weight * static_cast<double>(kOneQ15) + 0.5));
}

// weight * size, rounded to nearest; saturates.
constexpr uint64_t weighted_bytes(uint16_t weight, uint64_t size_bytes) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = (static_cast<Wide>(weight_to_q15(weight)) * size_bytes + kOneQ15 / 2) >> 15;
  return product > ~uint64_t{0} ? ~uint64_t{0} : static_cast<uint64_t>(product);
}

}  // namespace dbgtrace::ring
