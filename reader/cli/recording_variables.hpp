// SPDX-License-Identifier: Apache-2.0
// The variables that steer a recording, as options of `run`, and what makes sense as their values.
// The library checks again, inside the program, where it can tell nobody but its log.
#pragma once

#include <span>
#include <string>

namespace dbgtrace::reader::cli {

struct RecordingVariable {
  const char* option;    // "--sample"
  const char* variable;  // "DBGTRACE_SAMPLE"
  const char* help;
  const char* expected;  // "bytes such as 64K or 2M"
  bool (*makes_sense)(const std::string& value);
};

std::span<const RecordingVariable> recording_variables();

// "64K", "2M", "1G", "512"; at least `least` bytes.
bool is_size(const std::string& text, unsigned long long least = 0);

}  // namespace dbgtrace::reader::cli
