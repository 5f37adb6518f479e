// SPDX-License-Identifier: Apache-2.0
// What a recording had to leave out, as a list: one table of the counters, their keys in JSON and
// what each means for the reader of a report.
#pragma once

#include <cstdint>
#include <vector>

#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

struct Loss {
  const char* key;
  const char* meaning;  // a clause that follows the count
  uint64_t count;
  bool forgets_by_design;  // no defect: the history is a ring
};

// Every counter in the order of the table, zeros included.
std::vector<Loss> losses_of(const ring::LossCounters& lost);

// Those that make figures incomplete.
std::vector<Loss> defects_of(const ring::LossCounters& lost);

}  // namespace dbgtrace::reader::analysis
