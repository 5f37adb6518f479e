// SPDX-License-Identifier: Apache-2.0
// The verdict on one call stack. Confidence is the probability, given the counts of samples, that
// the two shares which the verdict rests on lie on the right side of their thresholds, if before
// every share was equally likely (see share_above); 0 where there is no verdict, 1 where every
// block was recorded and none is estimated.
#pragma once

#include <cstdint>

#include "reader/analysis/survival.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class LeakClass {
  kGrowing,  // births spread over the run, hardly anything old has died: a leak
  // Every allocation is known, the process exited, and these were not freed: what Valgrind lists.
  kUnfreedAtExit,
  kTooFewSamples,
  kTooShort,  // of a run under a second
  kPlateau,   // grew like a leak, then stopped: a cache that is full, a pool at its peak
  kStartup,   // born in the first quarter and kept
  kInUse,     // living blocks of an ordinary site: nothing to tell
};

struct Verdict {
  LeakClass leak_class = LeakClass::kInUse;
  double confidence = 0;
  bool by_realloc = false;     // a few blocks that grow, rather than more and more blocks
  bool freed_at_exit = false;  // grew until the process ended and was torn down by it
  // Of kUnfreedAtExit: what the call stack would be if it had not been the end.
  LeakClass behaviour = LeakClass::kInUse;
};

// What is the same for every stack of a recording.
struct RunFacts {
  uint64_t run_us = 0;
  bool exact = false;   // every allocation was recorded
  bool exited = false;  // normally
};

Verdict judge(const trace::Trace& trace, const SiteGroup& group, const Survival& survival,
              const RunFacts& run);

}  // namespace dbgtrace::reader::analysis
