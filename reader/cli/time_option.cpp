// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/time_option.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace dbgtrace::reader::cli {

namespace {

std::optional<double> unbounded_us(const std::string& text, double run) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || !(number >= 0)) return std::nullopt;
  const std::string_view unit(read.ptr, static_cast<size_t>(end - read.ptr));
  double us = 0;
  if (unit == "%") {
    us = run * number / 100;
  } else if (unit.empty() || unit == "s") {
    us = number * 1e6;
  } else if (unit == "ms") {
    us = number * 1e3;
  } else if (unit == "m" || unit == "min") {
    us = number * 60e6;
  } else if (unit == "h") {
    us = number * 3600e6;
  } else if (unit == "d") {
    us = number * 86400e6;
  } else {
    return std::nullopt;
  }
  return us;
}

}  // namespace

std::optional<uint64_t> moment_us(const std::string& text, uint64_t run_us) {
  const auto run = static_cast<double>(run_us);
  const auto us = unbounded_us(text, run);
  if (!us) return std::nullopt;
  return static_cast<uint64_t>(std::min(*us, run));
}

bool is_past_end(const std::string& text, uint64_t run_us) {
  const auto run = static_cast<double>(run_us);
  const auto us = unbounded_us(text, run);
  return us && *us > run;
}

}  // namespace dbgtrace::reader::cli
