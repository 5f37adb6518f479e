// SPDX-License-Identifier: Apache-2.0
// Who holds and who turns over the heap: every call stack with its living, peak, allocated and
// temporary figures, the totals of the process and its course over time. Never prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/estimate.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class MemoryOrder { kLive, kPeak, kAllocated, kTemporary, kLiveCount, kAllocations };

struct MemorySite {
  Estimate live_bytes, live_count;
  Estimate allocated_bytes, allocations;
  double peak_bytes = 0;       // an upper bound where the stack is several sites
  double temporary = 0;        // estimated allocations freed by the next event of their thread
  double mean_size_bytes = 0;  // of what was allocated
  uint32_t stack = 0;          // index in Trace::stacks
  std::vector<uint32_t> sites;
};

struct TimelinePoint {
  double t_s = 0;
  double live_bytes = 0;
  double rss_bytes = 0;  // 0: not measured
  double allocated_bytes = 0;
};

struct MemoryReport {
  std::vector<MemorySite> sites;  // in the order that was asked for
  Estimate live_bytes, live_count, allocated_bytes, allocations;
  double peak_bytes = 0;
  double peak_s = 0;
  Estimate mapped_bytes;     // mmap: not part of the heap
  Estimate torn_down_bytes;  // of live_bytes: freed after exit() began
  std::vector<TimelinePoint> timeline;
  double run_s = 0;
  uint64_t interval_bytes = 0;
  bool exact = false;
  bool cut = false;        // the file is not whole
  bool only_live = false;  // of some blocks only: nothing but what lives is known of them
};

MemoryReport measure_memory(const trace::Trace& trace, MemoryOrder order);

// What a call stack is ordered by.
double value_of(const MemorySite& site, MemoryOrder order);
std::optional<MemoryOrder> memory_order(const std::string& name);  // "live", "peak", ...

}  // namespace dbgtrace::reader::analysis
