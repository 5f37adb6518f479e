// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/recording_variables.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dbgtrace::reader::cli {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 15 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_file_size(const std::string& text) { return is_size(text, 1ull << 20); }
bool is_any_size(const std::string& text) { return is_size(text); }
bool is_count(const std::string& text) { return is_number(text); }
bool is_flag(const std::string& text) { return text == "0" || text == "1"; }
bool is_text(const std::string& text) { return !text.empty(); }
bool is_children(const std::string& text) {
  return text == "all" || text == "fork" || text == "none";
}

// "2%", "0.5%", also without the sign: one decimal at most.
bool is_percent(const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  const size_t point = number.find('.');
  if (point != std::string_view::npos) {
    if (number.size() != point + 2 || !is_number(number.substr(point + 1))) return false;
    number = number.substr(0, point);
  }
  return is_number(number) && number.size() <= 3 && std::stoi(std::string(number)) <= 100;
}

constexpr std::array<RecordingVariable, 11> kVariables = {{
    {"--out", "DBGTRACE_OUT", "path of the recording: %e executable, %p pid, %h host, %t start",
     "a path", is_text},
    {"--sample", "DBGTRACE_SAMPLE", "mean bytes between samples; 1 = every allocation, 0 = off",
     "bytes such as 64K or 2M, 1 or 0", is_any_size},
    {"--size", "DBGTRACE_SIZE", "cap of the file", "bytes such as 50M, at least 1M", is_file_size},
    {"--total", "DBGTRACE_TOTAL", "cap of all recordings in the folder", "bytes such as 1G",
     is_any_size},
    {"--keep", "DBGTRACE_KEEP", "keep only the newest N recordings of a name", "a count", is_count},
    {"--budget", "DBGTRACE_BUDGET", "share of the CPU that the recorder may take",
     "a percentage such as 2%", is_percent},
    {"--children", "DBGTRACE_CHILDREN", "record child processes: all, fork or none",
     "all, fork or none", is_children},
    {"--crash", "DBGTRACE_CRASH", "0 = leave signals alone", "0 or 1", is_flag},
    {"--crash-stack", "DBGTRACE_CRASH_STACK", "stack bytes kept of the crashing thread",
     "bytes such as 64K, or 0", is_any_size},
    {"--log", "DBGTRACE_LOG", "where the recorder reports what went wrong: a path or stderr",
     "a path or stderr", is_text},
    {"--disable", "DBGTRACE_DISABLE", "1 = loaded, but does nothing", "0 or 1", is_flag},
}};

}  // namespace

std::span<const RecordingVariable> recording_variables() { return kVariables; }

bool is_size(const std::string& text, unsigned long long least) {
  if (text.empty()) return false;
  constexpr unsigned long long kMost = 1ull << 50;
  unsigned long long factor = 1;
  std::string_view number = text;
  switch (number.back()) {
    case 'k':
    case 'K':
      factor = 1ull << 10;
      break;
    case 'm':
    case 'M':
      factor = 1ull << 20;
      break;
    case 'g':
    case 'G':
      factor = 1ull << 30;
      break;
    default:
      break;
  }
  if (factor != 1) number.remove_suffix(1);
  if (!is_number(number)) return false;
  const unsigned long long value = std::stoull(std::string(number));
  return value <= kMost / factor && value * factor >= least;
}

}  // namespace dbgtrace::reader::cli
