// SPDX-License-Identifier: Apache-2.0
// Starting a program recorded: finds the library, sets the environment, and becomes the program.
#pragma once

#include <string>
#include <vector>

// The folder of libraries for this machine, as Debian names it.
#if defined(__x86_64__)
#define DBGTRACE_MULTIARCH "x86_64-linux-gnu"
#else
#define DBGTRACE_MULTIARCH "aarch64-linux-gnu"
#endif

namespace dbgtrace::reader::cli {

// DBGTRACE_LIB, else libdbgtrace.so in the lib folder beside the command's own; empty if there is
// none, with the places that were looked at in `tried`.
std::string find_library(std::string& tried);

// Puts it before what LD_PRELOAD names already, with `behind` (may be empty) right after it.
std::string preload_value(const std::string& library, const std::string& behind,
                          const std::string& present);

// A template below the folder, whose own percent signs stand for themselves.
std::string absolute_template(const std::string& path_template, const std::string& folder);

// Whose recordings DBGTRACE_OUT is for. kProgramAlone sets DBGTRACE_OUT_PID: the children of the
// program record into the default folder.
enum class OutputFor { kChildrenToo, kProgramAlone };

struct Program {
  std::vector<std::string> words;
  std::string file;  // a program, not a script; empty: to be searched for as a shell does
  OutputFor output = OutputFor::kChildrenToo;
};

// Becomes the program. Returns only if that failed: 126 or 127, and says why.
int become(const Program& program);

}  // namespace dbgtrace::reader::cli
