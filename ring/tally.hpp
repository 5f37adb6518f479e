// SPDX-License-Identifier: Apache-2.0
// Adds samples to tallies, in the header and in sites. Every sum is an atomic of its own: a reader
// may see one sum a sample ahead of another, which is below its statistical noise, and a reader of
// an ended process sees them all.
#pragma once

#include "ring/ledger.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::ring {

// A new block. Thread-safety: yes. Signal-safety: yes. Allocates: never.
inline void add_birth(BirthTally& tally, uint16_t weight, uint64_t size_bytes) {
  Ledger::add(tally.hits, 1);
  Ledger::add(tally.weight_q15, weight_to_q15(weight));
  Ledger::add(tally.bytes, weighted_bytes(weight, size_bytes));
  if (weight <= kWeightOne) return;  // nothing estimated, or a block that grew before its first hit
  const double w = weight_to_double(weight);
  const double size = static_cast<double>(size_bytes);
  Ledger::add(tally.weight_variance, w * (w - 1));
  Ledger::add(tally.bytes_variance, w * (w - 1) * size * size);
}

// A hit inside the growth of a block: bytes as above, but the block count changes only by the
// difference of weights.
inline void add_growth(BirthTally& tally, uint64_t weighted_delta_bytes, int64_t weight_q15_change,
                       double bytes_variance) {
  if (weighted_delta_bytes != 0) Ledger::add(tally.bytes, weighted_delta_bytes);
  if (weight_q15_change != 0)
    Ledger::add(tally.weight_q15, static_cast<uint64_t>(weight_q15_change));
  if (bytes_variance != 0) Ledger::add(tally.bytes_variance, bytes_variance);
}

inline void add_death(DeathTally& tally, uint16_t weight, uint64_t size_bytes) {
  Ledger::add(tally.hits, 1);
  Ledger::add(tally.weight_q15, weight_to_q15(weight));
  Ledger::add(tally.bytes, weighted_bytes(weight, size_bytes));
}

}  // namespace dbgtrace::ring
