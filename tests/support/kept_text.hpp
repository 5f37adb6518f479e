// SPDX-License-Identifier: Apache-2.0
// Texts for frames that a test makes up: a frame only refers to its texts, so that somebody has to
// keep them.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace dbgtrace::tests {

inline std::string_view kept(const std::string& text) {
  static std::set<std::string> texts;
  return *texts.insert(text).first;
}

}  // namespace dbgtrace::tests
