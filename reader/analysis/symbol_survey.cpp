// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/symbol_survey.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace dbgtrace::reader::analysis {

SymbolSurvey survey_symbols(const trace::Trace& trace, symbols::Symbolizer& symbolizer) {
  const auto start = std::chrono::steady_clock::now();
  SymbolSurvey survey;
  const Resolver resolver(trace, symbolizer);
  const std::vector<uint32_t> stacks = every_stack(trace);
  resolver.prepare(stacks);
  std::map<std::pair<std::string, std::string>, ModuleSurvey> modules;
  for (const Resolver::Place& place : resolver.places(stacks)) {
    ++survey.addresses;
    const symbols::ModuleKey key = resolver.key_of(place.module);
    const symbols::Frame& frame = symbolizer.resolve(key, place.address).front();
    if (place.module == nullptr && frame.function.empty()) {
      ++survey.outside;
      continue;
    }
    ModuleSurvey& module = modules[{key.path, key.build_id_hex}];
    module.path = key.path;
    module.build_id = key.build_id_hex;
    ++module.addresses;
    module.with_function += frame.function.empty() ? 0 : 1;
    module.with_line += frame.line == 0 ? 0 : 1;
  }
  for (auto& [name, module] : modules) survey.modules.push_back(std::move(module));
  std::stable_sort(
      survey.modules.begin(), survey.modules.end(),
      [](const ModuleSurvey& a, const ModuleSurvey& b) { return a.addresses > b.addresses; });
  survey.sources = symbolizer.statistics();
  survey.problems = symbolizer.problems();
  survey.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return survey;
}

}  // namespace dbgtrace::reader::analysis
