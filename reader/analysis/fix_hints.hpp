// SPDX-License-Identifier: Apache-2.0
// Where to look for the mistake behind a leak: the patterns that its blocks show, each with the
// figures that it was told from. Hints, not verdicts: a call stack may show several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/resolver.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class LeakPattern {
  kReallocGrowth,   // a few blocks that realloc makes larger and larger
  kFreedAtExit,     // kept to the end, freed by destructors
  kContainer,       // allocated inside a container that only grows
  kNeverFreed,      // none of its blocks was ever freed
  kFreedOnOnePath,  // some are freed, all of those by one call stack
  kFreedSometimes,  // some are freed, from several places
  kFreedLate,       // what is freed had lived long
};
const char* name_of(LeakPattern pattern);  // as in JSON: "never-freed"

struct FixHint {
  LeakPattern pattern = LeakPattern::kNeverFreed;
  uint64_t samples = 0;      // recorded blocks that were born
  uint64_t freed = 0;        // of them
  uint64_t known_frees = 0;  // of these, how many's freeing call stack is known
  uint32_t stack = 0;        // of kFreedOnOnePath: that frees, index in Trace::stacks
  std::string container;     // of kContainer: "std::vector::push_back"
  double median_age_s = 0;   // of kFreedLate: at death
};

struct LeakReport;

// For the first max_leaks ones of the list (0: all) of class growing or unfreed-at-exit.
void add_hints(LeakReport& report, const trace::Trace& trace, const Resolver& resolver,
               size_t max_leaks);

}  // namespace dbgtrace::reader::analysis
