// SPDX-License-Identifier: Apache-2.0
// `dbgtrace info`: what a recording is.
#include <sys/stat.h>

#include <memory>
#include <optional>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/proc_processes.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/symbol_survey.hpp"
#include "reader/output/text_info.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct InfoOptions {
  ReportOptions report;
  bool stats = false;
};

int info(InfoOptions& all_options) {
  ReportOptions& options = all_options.report;
  const auto trace = open_recording(options);
  if (!trace) return kFailed;
  struct stat file {};
  const bool known = stat(options.file.c_str(), &file) == 0;
  const auto disk_bytes = known ? static_cast<uint64_t>(file.st_blocks) * 512 : 0;
  const analysis::RecordingInfo info =
      analysis::info_of(*trace, analysis::state_of(trace->header, ProcProcesses()), disk_bytes);
  std::optional<analysis::SymbolSurvey> survey;
  if (all_options.stats) {
    symbols::Symbolizer symbolizer(options.search);
    survey = analysis::survey_symbols(*trace, symbolizer);
  }
  if (options.json) {
    output::Json json = output::json_info(info, *trace);
    if (survey) json["symbols"] = output::json_symbol_survey(*survey, options.search.cache);
    return deliver(options, output::json_text(json), *trace);
  }
  output::TextPage page = new_page(options);
  output::put_cut(page, *trace);
  output::put_info(page, info, trace->path);
  if (survey) output::put_symbol_survey(page, *survey, options.search.cache);
  output::put_losses(page, *trace);
  return deliver(options, page.text(), *trace);
}

}  // namespace

Action prepare_info(CLI::App& command) {
  auto options = std::make_shared<InfoOptions>();
  add_file_option(command, options->report);
  add_result_options(command, options->report);
  add_symbol_options(command, options->report);
  command.add_flag("--stats", options->stats,
                   "look up every address: how many have names, and what the cache knew");
  return [options](const Words&) { return info(*options); };
}

}  // namespace dbgtrace::reader::cli
