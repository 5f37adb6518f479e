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

// Returns what was expected if the value makes no sense, else an empty view.
std::string_view apply(Options& options, std::string_view name, std::string_view value) {
#define SETTING(NAME, Kind, field, text, expected, help, more)                                \
  if (name == #NAME) {                                                                        \
    return ring::settings::Kind::parse(value, options.field) ? std::string_view{} : expected; \
  }
#define HANDED_ON SETTING
#include "ring/settings.def"
#undef HANDED_ON
#undef SETTING
  if (name == "LIB") return {};  // where `dbgtrace run` finds this library
  return "a known variable";
}

}  // namespace

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
    const std::string_view name = after(first(entry, equals), kPrefix.size());
    const std::string_view value = after(entry, equals + 1);
    const std::string_view expected = apply(options, name, value);
    if (expected.empty()) {
      options.budget_set |= name == "BUDGET";
    } else if (errors.count < kMaxOptionErrors) {
      errors.entries[errors.count++] = {first(entry, equals), value, expected};
    }
  }
  return options;
}

}  // namespace dbgtrace::hooks::process
