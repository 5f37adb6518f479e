// SPDX-License-Identifier: Apache-2.0
// Loads the recorder into a running process, leads the process's calls through it, and takes it out
// again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reader/attach/target_process.hpp"

namespace dbgtrace::reader::attach {

struct Outcome {
  Obstacle obstacle;   // empty: done
  std::string path;    // of the recording, as the process names it
  uint32_t slots = 0;  // calls that were led elsewhere, or back
  uint32_t slots_left = 0;
  uint32_t modules = 0;
  uint32_t threads = 0;
  bool executable_has_malloc = false;
  bool already = false;      // recorded, or not recorded, as was asked for
  double all_paused_ms = 0;  // every thread
  double one_paused_ms = 0;  // the one that made the calls, at most at a time
};

// settings: NAME=value each. library: libdbgtrace.so, as this process names it. Thread-safety: one
// call at a time; SIGCHLD is blocked in the calling thread from then on.
Outcome attach(pid_t pid, const std::vector<std::string>& settings, const std::string& library);
Outcome detach(pid_t pid);

}  // namespace dbgtrace::reader::attach
