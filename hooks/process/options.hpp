// SPDX-License-Identifier: Apache-2.0
// The options of a recording (ring/settings.def), parsed from an environment that is an argument. A
// value that makes no sense leaves the default and is named in the result: the program always
// starts.
#pragma once

#include <cstdint>
#include <string_view>

#include "ring/setting_kinds.hpp"

namespace dbgtrace::hooks::process {

using ring::Children;

// One member a row, with its default. Strings point into the environment that was parsed.
struct Options {
#define SETTING(NAME, Kind, field, text, expected, help, more) \
  ring::settings::Kind::Value field = ring::settings::standard<ring::settings::Kind>(text);
#define HANDED_ON SETTING
#include "ring/settings.def"
#undef HANDED_ON
#undef SETTING
  bool budget_set = false;  // at interval 1 the budget counts only if it was asked for

  bool every_allocation() const { return sample_bytes == 1; }
};

inline constexpr uint32_t kMaxOptionErrors = 16;
struct OptionErrors {
  struct Entry {
    std::string_view name, value, expected;
  } entries[kMaxOptionErrors];
  uint32_t count = 0;
};

// environment: NULL-terminated array of NAME=value; null is an empty one. Also names unknown
// DBGTRACE_ variables in errors. Thread-safety: pure. Signal-safety: yes. Allocates: never.
Options parse_options(const char* const* environment, OptionErrors& errors);

// The value of a variable in the environment; an empty view with null data if it is not there.
std::string_view find_variable(const char* const* environment, std::string_view name);

}  // namespace dbgtrace::hooks::process
