// SPDX-License-Identifier: Apache-2.0
// What a recording had to leave out, as a list: one table of the counters, their keys in JSON, what
// each means for whoever reads a report, and what to do about it.
#pragma once

#include <cstdint>
#include <vector>

#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

struct Loss {
  const char* key;      // in JSON
  const char* one;      // what was lost, of a count of 1 ...
  const char* many;     // ... and of any other
  const char* meaning;  // for the figures of a report, as a sentence
  const char* advice;   // for the next recording; empty: there is nothing to do
  uint64_t count;
  bool forgets_by_design;  // the ring overwrites its oldest: that is no defect
};

// Every counter, also those that are 0.
std::vector<Loss> losses_of(const ring::LossCounters& lost);
// Those that are not 0 and no design.
std::vector<Loss> defects_of(const ring::LossCounters& lost);

}  // namespace dbgtrace::reader::analysis
