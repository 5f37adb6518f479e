// SPDX-License-Identifier: Apache-2.0
// What stands behind the figures of a heap: how large and how old its blocks were, what it was made
// of at its peak, which call stacks a pool would serve, and which threads allocate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/stack_names.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

// Powers of two: values in [from, to).
struct Bucket {
  double from = 0, to = 0;
  double count = 0;  // of blocks
  double bytes = 0;  // 0 where it is not known
};

struct Histograms {
  std::vector<Bucket> live_sizes;  // of the blocks that live
  // Of all allocations, each taken as large as its call stack's are on average.
  std::vector<Bucket> allocated_sizes;
  std::vector<Bucket> lifetimes_s;  // of the blocks that were freed, where that is known
};
Histograms histograms(const trace::Trace& trace, const MemoryReport& memory);

// The heap at the moment of its peak.
struct PeakShare {
  uint32_t stack = 0;
  double bytes = 0;
};
struct PeakMoment {
  double t_s = 0;
  double bytes = 0;               // that the process had
  double told_bytes = 0;          // that the list below adds up to
  bool exact = false;             // else from series with steps of up to a twelfth of the run
  std::vector<PeakShare> shares;  // largest first
};
PeakMoment peak_moment(const trace::Trace& trace);

// A call stack whose blocks hardly live at all, many of them.
struct PoolCandidate {
  uint32_t stack = 0;
  double allocations = 0, per_s = 0, mean_size_bytes = 0;
  double short_share = 0;  // of its freed blocks, lived under a millisecond
  double saved_s = 0;      // CPU time, if none of these calls were made
};
// What a malloc and its free take: 5 ns in a tight loop, over 30 ns in a heap that does not fit the
// caches (docs/performance.md); savings are told for this.
inline constexpr double kSecondsPerPair = 20e-9;
std::vector<PoolCandidate> pool_candidates(const trace::Trace& trace, const MemoryReport& memory);

// Figures put together by name; of a thread only what its blocks and counters tell.
struct MemoryGroup {
  std::string name;
  Estimate live_bytes, live_count, allocated_bytes, allocations;
  double peak_bytes = 0;  // of its call stacks' own peaks: an upper bound
  double temporary = 0;
  uint64_t stacks = 0;
};
std::vector<MemoryGroup> group_memory(const trace::Trace& trace, const MemoryReport& memory,
                                      const Resolver& resolver, GroupBy by, MemoryOrder order);

}  // namespace dbgtrace::reader::analysis
