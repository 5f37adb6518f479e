// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/recording_variables.hpp"

#include "ring/setting_kinds.hpp"

namespace dbgtrace::reader::cli {
namespace {

template <class Kind>
bool parses(std::string_view value) {
  typename Kind::Value parsed{};
  return Kind::parse(value, parsed);
}

#define ROW(NAME, Kind, initial, expected, help, is_option) \
  {#NAME, initial, expected, help, is_option, parses<ring::settings::Kind>},
#define SETTING(NAME, Kind, field, initial, expected, help, more) \
  ROW(NAME, Kind, initial, expected, help, true)
#define HANDED_ON(NAME, Kind, field, initial, expected, help, more) \
  ROW(NAME, Kind, initial, expected, help, false)
constexpr RecordingVariable kVariables[] = {
#include "ring/settings.def"
};
#undef HANDED_ON
#undef SETTING
#undef ROW

}  // namespace

std::string RecordingVariable::variable() const { return "DBGTRACE_" + std::string(name); }

std::string RecordingVariable::option() const {
  std::string text = "--";
  for (const char c : name) text += c == '_' ? '-' : static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string RecordingVariable::objection(const std::string& value) const {
  if (makes_sense(value)) return "";
  return "\"" + value + "\" makes no sense; expected: " + std::string(expected);
}

std::span<const RecordingVariable> recording_variables() { return kVariables; }

}  // namespace dbgtrace::reader::cli
