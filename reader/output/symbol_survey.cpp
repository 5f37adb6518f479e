// SPDX-License-Identifier: Apache-2.0
#include "reader/output/symbol_survey.hpp"

#include <fmt/format.h>

#include "reader/output/human.hpp"
#include "reader/output/printable.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::output {

void put_symbol_survey(TextPage& page, const analysis::SymbolSurvey& survey,
                       const symbols::SymbolCache& cache) {
  page.gap();
  page.line(fmt::format("Symbols of {} addresses, found in {}:", survey.addresses,
                        human_duration(survey.seconds)),
            TextPage::Tone::kBold);
  page.line(fmt::format("  {:>10} {:>10} {:>10}  {}", "addresses", "functions", "lines", "module"));
  for (const analysis::ModuleSurvey& module : survey.modules) {
    page.line(fmt::format("  {:>10} {:>10} {:>10}  {}", module.addresses, module.with_function,
                          module.with_line, printable(module.path)));
  }
  if (survey.outside > 0) page.line(fmt::format("  {:>10} in no module", survey.outside));
  const std::string place = cache.folder().empty() ? "off" : printable(cache.folder());
  page.paragraph(fmt::format("  cache: {} hits, {} misses; {}", survey.sources.cache_hits,
                             survey.sources.cache_misses, place),
                 4);
  if (survey.sources.bundled > 0) {
    page.line(fmt::format("  bundle: {} addresses", survey.sources.bundled));
  }
  put_symbol_problems(page, survey.problems);
}

Json json_symbol_survey(const analysis::SymbolSurvey& survey, const symbols::SymbolCache& cache) {
  Json json = {
      {"addresses", survey.addresses},
      {"in_no_module", survey.outside},
      {"seconds", survey.seconds},
      {"cache", {{"hits", survey.sources.cache_hits}, {"misses", survey.sources.cache_misses}}},
      {"bundled", survey.sources.bundled},
      {"problems", survey.problems},
      {"modules", Json::array()}};
  if (!cache.folder().empty()) json["cache"]["folder"] = cache.folder();
  for (const analysis::ModuleSurvey& module : survey.modules) {
    Json item = {{"module", module.path},
                 {"addresses", module.addresses},
                 {"functions", module.with_function},
                 {"lines", module.with_line}};
    if (!module.build_id.empty()) item["build_id"] = module.build_id;
    json["modules"].push_back(std::move(item));
  }
  return json;
}

}  // namespace dbgtrace::reader::output
