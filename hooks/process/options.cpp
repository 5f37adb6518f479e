// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/options.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr std::string_view kPrefix = "DBGTRACE_";

// substr() without its exception; the caller knows that the counts fit.
std::string_view first(std::string_view text, size_t count) { return {text.data(), count}; }
std::string_view after(std::string_view text, size_t count) {
  return {text.data() + count, text.size() - count};
}

bool parse_number(std::string_view text, uint64_t& value) {
  if (text.empty() || text.size() > 15) return false;
  value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

bool parse_flag(std::string_view text, bool& flag) {
  if (text != "0" && text != "1") return false;
  flag = text == "1";
  return true;
}

// "2%" or "0.5%" in tenths of a percent.
bool parse_percent(std::string_view text, uint32_t& per_mille) {
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  uint64_t whole = 0, tenth = 0;
  if (const size_t point = text.find('.'); point != std::string_view::npos) {
    if (text.size() != point + 2 || !parse_number(after(text, point + 1), tenth)) return false;
    text = first(text, point);
  }
  if (!parse_number(text, whole) || whole > 100) return false;
  per_mille = static_cast<uint32_t>(whole * 10 + tenth);
  return true;
}

bool parse_children(std::string_view text, Children& children) {
  if (text == "all")
    children = Children::kAll;
  else if (text == "fork")
    children = Children::kFork;
  else if (text == "none")
    children = Children::kNone;
  else
    return false;
  return true;
}

// Returns what was expected if the value makes no sense, else an empty view.
std::string_view apply(Options& options, std::string_view name, std::string_view value) {
  if (name == "OUT") return options.out = value, std::string_view{};
  if (name == "LOG") return options.log = value, std::string_view{};
  if (name == "SAMPLE")
    return parse_size(value, options.sample_bytes) ? "" : "bytes such as 64K or 2M, 1 or 0";
  if (name == "SIZE") {
    uint64_t size = 0;
    if (!parse_size(value, size) || size < (1u << 20)) return "bytes such as 50M, at least 1M";
    options.size_bytes = size;
    return {};
  }
  if (name == "TOTAL") return parse_size(value, options.total_bytes) ? "" : "bytes such as 1G";
  if (name == "KEEP") return parse_number(value, options.keep_count) ? "" : "a count";
  if (name == "BUDGET") {
    options.budget_set = parse_percent(value, options.budget_per_mille);
    return options.budget_set ? "" : "a percentage such as 2%";
  }
  if (name == "CHILDREN") return parse_children(value, options.children) ? "" : "all, fork or none";
  if (name == "CRASH") return parse_flag(value, options.crash) ? "" : "0 or 1";
  if (name == "CRASH_STACK")
    return parse_size(value, options.crash_stack_bytes) ? "" : "bytes such as 64K, or 0";
  if (name == "DISABLE") return parse_flag(value, options.disable) ? "" : "0 or 1";
  if (name == "LIB") return {};  // where `dbgtrace run` finds this library
  return "a known variable";
}

}  // namespace

bool parse_size(std::string_view text, uint64_t& bytes) {
  uint64_t factor = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 'k':
      case 'K':
        factor = uint64_t{1} << 10;
        break;
      case 'm':
      case 'M':
        factor = uint64_t{1} << 20;
        break;
      case 'g':
      case 'G':
        factor = uint64_t{1} << 30;
        break;
      default:
        break;
    }
    if (factor != 1) text.remove_suffix(1);
  }
  uint64_t value = 0;
  constexpr uint64_t kLimit = uint64_t{1} << 50;
  if (!parse_number(text, value) || value > kLimit / factor) return false;
  bytes = value * factor;
  return true;
}

std::string_view find_variable(const char* const* environment, std::string_view name) {
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
      return after(entry, name.size() + 1);
    }
  }
  return {};
}

Options parse_options(const char* const* environment, OptionErrors& errors) {
  Options options;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    if (!entry.starts_with(kPrefix)) continue;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view value = after(entry, equals + 1);
    const std::string_view expected =
        apply(options, after(first(entry, equals), kPrefix.size()), value);
    if (!expected.empty() && errors.count < kMaxOptionErrors) {
      errors.entries[errors.count++] = {first(entry, equals), value, expected};
    }
  }
  return options;
}

}  // namespace dbgtrace::hooks::process
