// SPDX-License-Identifier: Apache-2.0
// `dbgtrace html`: the recording as one page for a browser, to be handed on.
#include <sys/stat.h>

#include <memory>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/proc_processes.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/html_document.hpp"
#include "reader/output/html_page.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct HtmlOptions {
  ReportOptions report;
  size_t max_sites = 200'000;
  std::string source_root;
};

int html(HtmlOptions& options) {
  ReportOptions& report = options.report;
  const auto trace = open_recording(report);
  if (!trace) return kFailed;
  struct stat file {};
  const bool known = stat(report.file.c_str(), &file) == 0;
  const auto disk_bytes = known ? static_cast<uint64_t>(file.st_blocks) * 512 : 0;
  const analysis::RecordingInfo info =
      analysis::info_of(*trace, analysis::state_of(trace->header, ProcProcesses()), disk_bytes);
  const analysis::LeakReport leaks = analysis::find_leaks(*trace);
  const analysis::MemoryReport memory =
      analysis::measure_memory(*trace, analysis::MemoryOrder::kLive);
  symbols::Symbolizer symbolizer(report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  resolver.prepare(analysis::every_stack(*trace));
  const auto crash = analysis::examine(*trace, resolver, options.source_root);
  const auto page = output::html_page(output::html_document(
      {*trace, info, leaks, memory, crash ? &*crash : nullptr, resolver, options.max_sites}));
  if (!page) {
    complain(
        "this build of dbgtrace has no page: install Node.js and npm, then `make deps` and "
        "`make` again; `dbgtrace leaks` and `dbgtrace memory` need no page");
    return kFailed;
  }
  return deliver(report, *page, *trace);
}

}  // namespace

Action prepare_html(CLI::App& command) {
  auto options = std::make_shared<HtmlOptions>();
  add_file_option(command, options->report);
  command.add_option("-o,--output", options->report.result_file, "write the page here")
      ->type_name("FILE");
  command.add_option("--max-stacks", options->max_sites, "largest number of call stacks shown")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--source-dir,--source-root", options->source_root, "where the sources lie now")
      ->type_name("DIR");
  add_symbol_options(command, options->report);
  return [options](const Words&) { return html(*options); };
}

}  // namespace dbgtrace::reader::cli
