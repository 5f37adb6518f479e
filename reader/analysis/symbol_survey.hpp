// SPDX-License-Identifier: Apache-2.0
// How much of a recording has names here and now: every address of every stack is looked up once.
// Tells whether debug packages are missing, and what the cache is worth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/resolver.hpp"

namespace dbgtrace::reader::analysis {

struct ModuleSurvey {
  std::string path, build_id;
  uint64_t addresses = 0;
  uint64_t with_function = 0, with_line = 0;
};

struct SymbolSurvey {
  std::vector<ModuleSurvey> modules;  // most addresses first
  uint64_t addresses = 0,
           outside = 0;  // outside: in no module, and not named as generated code either
  symbols::SymbolStatistics sources;
  std::vector<std::string> problems;
  double seconds = 0;
};

SymbolSurvey survey_symbols(const trace::Trace& trace, symbols::Symbolizer& symbolizer);

}  // namespace dbgtrace::reader::analysis
