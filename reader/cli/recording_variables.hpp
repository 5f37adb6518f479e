// SPDX-License-Identifier: Apache-2.0
// The settings of a recording (ring/settings.def) as options of `run`. The library parses their
// values again, inside the program, where it can tell nobody but its log.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dbgtrace::reader::cli {

struct RecordingVariable {
  std::string_view name;     // "CRASH_STACK"
  std::string_view initial;  // "64K"; empty: none
  std::string_view expected;
  std::string_view help;
  bool is_option;  // else only `run` itself sets it
  bool (*makes_sense)(std::string_view value);

  std::string variable() const;  // "DBGTRACE_CRASH_STACK"
  std::string option() const;    // "--crash-stack"
  // "" or what is wrong with a value given on the command line, where a mistake can be corrected.
  std::string objection(const std::string& value) const;
};

std::span<const RecordingVariable> recording_variables();

}  // namespace dbgtrace::reader::cli
