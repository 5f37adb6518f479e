// SPDX-License-Identifier: Apache-2.0
// The options of a recording, parsed from an environment that is an argument. A value that makes no
// sense leaves the default and is named in the result: the program always starts.
#pragma once

#include <cstdint>
#include <string_view>

namespace dbgtrace::hooks::process {

enum class Children : uint8_t { kAll, kFork, kNone };

// Strings point into the environment that was parsed.
struct Options {
  std::string_view out;
  uint64_t sample_bytes = 512 << 10;
  uint64_t size_bytes = 50 << 20;
  uint64_t total_bytes = uint64_t{1} << 30;
  uint64_t keep_count = 0;
  uint32_t budget_per_mille = 20;
  bool budget_set = false;
  Children children = Children::kAll;
  bool crash = true;
  uint64_t crash_stack_bytes = 64 << 10;
  std::string_view log;
  bool disable = false;
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

// "64K", "2M", "1G", "512": binary multiples. False if it is no such number or does not fit 2^50.
bool parse_size(std::string_view text, uint64_t& bytes);

// The value of a variable in the environment; an empty view with null data if it is not there.
std::string_view find_variable(const char* const* environment, std::string_view name);

}  // namespace dbgtrace::hooks::process
