// SPDX-License-Identifier: Apache-2.0
// What a `dbgtrace run` recorded: the recordings of its processes, told by the number that it gave
// them, and one line about what is in them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reader/cli/recordings.hpp"

namespace dbgtrace::reader::cli {

struct RunFindings {
  uint64_t leaks = 0, crashes = 0;
  uint64_t recordings = 0;
  uint64_t not_judged = 0;  // there was no time to look for leaks in these
  std::string file;         // the one to look at first
  bool file_leaks = false, file_crashed = false;
  std::string killed_by;  // the signal of which the program died, "SIGTERM"
};

// The folders into which a template may lead: those below which a component is to be filled in are
// all taken.
std::vector<std::string> folders_of(const std::string& path_template);

// Looks for leaks for about two seconds, in the program's own recording first.
RunFindings judge_run(uint64_t run_id, pid_t program, const std::string& path_template);

// "recorded: 3 leaks, 1 crash -> dbgtrace leaks FILE"; knows_crash: there is a command for crashes.
std::string summary_line(const RunFindings& findings, bool knows_crash);

}  // namespace dbgtrace::reader::cli
