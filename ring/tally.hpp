// SPDX-License-Identifier: Apache-2.0
// Adds samples to sums. Every sum is an atomic of its own: a reader may see one a sample ahead of
// another, which is below its statistical noise, and a reader of an ended process sees them all.
#pragma once

#include "ring/counting.hpp"
#include "ring/ledger.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::ring {

// A new block in a tally that keeps everything. Thread-safety: yes. Signal-safety: yes. Allocates:
// never.
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

inline void add_death(DeathTally& tally, uint16_t weight, uint64_t size_bytes) {
  Ledger::add(tally.hits, 1);
  Ledger::add(tally.weight_q15, weight_to_q15(weight));
  Ledger::add(tally.bytes, weighted_bytes(weight, size_bytes));
}

// w - 1 in 1/32768, two's complement.
inline uint64_t excess_q15(uint16_t weight) { return weight_to_q15(weight) - kOneQ15; }

// What a new block of another weight than one adds beyond itself, to the heap's sums and the
// site's. The site's bytes are weighted ones and not added here.
inline void add_excess(Excess& heap, Site& site, uint16_t weight, uint64_t size_bytes) {
  Ledger::add(heap.weight_q15, excess_q15(weight));
  Ledger::add(heap.bytes, weighted_bytes(weight, size_bytes) - size_bytes);
  Ledger::add(site.birth_excess_q15, excess_q15(weight));
  if (weight < kWeightOne) return;
  const double w = weight_to_double(weight);
  const double size = static_cast<double>(size_bytes);
  Ledger::add(heap.weight_variance, w * (w - 1));
  Ledger::add(heap.bytes_variance, w * (w - 1) * size * size);
  Ledger::add(site.weight_variance, w * (w - 1));
  Ledger::add(site.bytes_variance, w * (w - 1) * size * size);
}

}  // namespace dbgtrace::ring
