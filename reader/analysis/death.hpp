// SPDX-License-Identifier: Apache-2.0
// The end of a process that left no crash record: it exited, became another program, or vanished,
// by SIGKILL, the kernel's out-of-memory killer or a power cut, which let nobody write anything.
// What is known then was recorded before: how memory grew, and how near its limit it was.
#pragma once

#include <cstdint>
#include <optional>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/process_facts.hpp"
#include "reader/analysis/process_state.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class VanishedBy {
  kNotVanished,
  kSomething,            // SIGKILL, out of memory, a machine that stopped
  kProbablyOutOfMemory,  // the cgroup's count of kills rose, and memory was short or growing
  kPerhapsOutOfMemory    // one of the two
};

struct Death {
  ProcessState state;
  VanishedBy vanished_by = VanishedBy::kNotVanished;
  double confidence = 0;                // of vanished_by
  bool sandboxed = false;               // a seccomp filter may have killed it as well
  double last_sign_s = 0;               // of life: the newest thing recorded
  std::optional<uint64_t> kills;        // rise of the cgroup's oom_kill since the start
  std::optional<uint64_t> limit_bytes;  // of the cgroup
  bool limit_was_met = false;           // by the cgroup as a whole, to this day
  std::optional<uint64_t> last_rss_bytes;
  double last_live_bytes = 0;
  // A fault that its own handler was given last of all, if it did not end well: some runtimes (Go)
  // then print a report and end by a system call that nobody sees, or exit on another thread.
  std::optional<ring::HandledFault> last_fault;
  std::optional<double> rss_bytes_per_s;  // at the end
  // The call stack that grew fastest.
  std::optional<double> growth_bytes_per_s;
  uint32_t growth_stack = 0;  // index in Trace::stacks

  // Of the memory limit, by the last measure; 0 if there is no limit.
  double share_of_limit() const {
    if (!limit_bytes || !last_rss_bytes || *limit_bytes == 0) return 0;
    return static_cast<double>(*last_rss_bytes) / static_cast<double>(*limit_bytes);
  }
};

// now: what the cgroup of the recording says today; none on another machine or after a restart.
Death death_of(const trace::Trace& trace, const ProcessState& state,
               const std::optional<CgroupMemory>& now);

}  // namespace dbgtrace::reader::analysis
