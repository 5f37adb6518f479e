// SPDX-License-Identifier: Apache-2.0
// The lines of source around a frame, where the source is at hand. Which file that is, the debug
// information says, so it is opened like any stranger's path: regular files only, and no more of
// them than is shown.
#pragma once

#include <string>
#include <vector>

#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::analysis {

// All lines of a source file. None where there is no regular file with anything in it, or a bigger
// one than sources are.
std::vector<std::string> source_file_lines(const std::string& path);

struct SourceLines {
  std::string path;  // that was read; empty: not at hand
  unsigned first = 0;
  std::vector<std::string> lines;
  bool newer = false;  // than the program: the lines may have moved
};

// root: where the sources lie now, if not where they were compiled; may be empty.
SourceLines source_around(const symbols::Frame& frame, const std::string& root, unsigned around);

}  // namespace dbgtrace::reader::analysis
