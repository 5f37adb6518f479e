// SPDX-License-Identifier: Apache-2.0
// Leaks that are known and not to be reported, in LeakSanitizer's format:
//
//   # a comment
//   leak:parse_config        any frame whose function, source file or module fits the pattern
//
// Besides these, what the C and C++ libraries allocate once for themselves and keep on purpose. The
// built-in ones never hide a growing leak.
#pragma once

#include <string>
#include <vector>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/trace/result.hpp"

namespace dbgtrace::reader::analysis {

struct Suppression {
  std::string pattern;
  bool built_in = false;
};

// path is used in messages only.
trace::Result<std::vector<Suppression>> parse_suppressions(const std::string& text,
                                                           const std::string& path);
const std::vector<Suppression>& built_in_suppressions();

bool suppresses(const Suppression& suppression, const ResolvedStack& stack);

struct Suppressed {
  Suppression by;
  uint64_t leaks = 0;
  double bytes = 0, count = 0;
};

// Takes them out of the report; what each suppression took, those that took nothing left out.
std::vector<Suppressed> suppress(LeakReport& report, const trace::Trace& trace,
                                 const Resolver& resolver,
                                 const std::vector<Suppression>& suppressions);

}  // namespace dbgtrace::reader::analysis
