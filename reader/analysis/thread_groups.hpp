// SPDX-License-Identifier: Apache-2.0
// The other threads of a crashed process, those with the same stack together: of two hundred
// threads a report shows the four things that they were doing.
#pragma once

#include <vector>

#include "reader/analysis/resolver.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct ThreadGroup {
  std::vector<size_t> threads;  // indexes in Crash::threads, never empty
  ring::ThreadSource source = ring::ThreadSource::kNone;
  ResolvedStack stack;
};

// The largest first.
std::vector<ThreadGroup> group_threads(const trace::Crash& crash, const Resolver& resolver);

}  // namespace dbgtrace::reader::analysis
