// SPDX-License-Identifier: Apache-2.0
// What a recording is: whose, of when, how dense, how complete, and what it cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/losses.hpp"
#include "reader/analysis/process_state.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct RecordingInfo {
  uint32_t pid = 0, parent_pid = 0;
  std::string exe, host;
  std::vector<std::string> cmdline;
  double start_unix = 0, end_unix = 0;  // end: of the newest thing in the file
  double run_s = 0;
  ProcessState state;
  uint64_t base_interval_bytes = 0, interval_bytes = 0;
  bool exact = false;         // every allocation was recorded, to the end
  double exact_until_s = 0;   // up to then; 0: never exact
  bool exact_totals = false;  // number and bytes of allocations are exact to the end
  std::vector<trace::IntervalChange> interval_changes;
  bool own_malloc = false;  // the executable has its own malloc: no allocations recorded
  bool sandboxed = false;
  uint64_t samples = 0, frees = 0, sites = 0, stacks = 0, modules = 0, threads = 0;
  uint64_t live = 0;       // sampled blocks of the heap that are live
  uint64_t torn_down = 0;  // of these: freed after exit() began
  uint64_t mappings = 0;   // live mappings
  uint64_t gap_bytes = 0, torn_events = 0;
  std::vector<Loss> losses;
  uint64_t file_bytes = 0, disk_bytes = 0;
  double recorder_cpu_s = 0;
  uint64_t recorder_entries = 0;
  uint64_t recorder_rss_bytes = 0;  // at most: what the file takes, and private memory
  uint64_t recorder_system_calls = 0;
  double process_cpu_s = 0;  // when the recorder last looked, 0: never
};

// disk_bytes: what the sparse file really takes, which is also what of it lies in memory at most.
RecordingInfo info_of(const trace::Trace& trace, const ProcessState& state, uint64_t disk_bytes);

// A header's command line as words.
std::vector<std::string> command_line(const ring::Header& header);

}  // namespace dbgtrace::reader::analysis
