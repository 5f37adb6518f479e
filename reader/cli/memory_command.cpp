// SPDX-License-Identifier: Apache-2.0
// `dbgtrace memory`: call stacks by what they hold and turn over.
#include <memory>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/text_losses.hpp"
#include "reader/output/text_memory.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct MemoryOptions {
  ReportOptions report;
  std::string by = "live";
};

int memory(MemoryOptions& options) {
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  const auto order = analysis::memory_order(options.by).value_or(analysis::MemoryOrder::kLive);
  const analysis::MemoryReport report = analysis::measure_memory(*trace, order);
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  if (options.report.json) {
    return deliver(options.report,
                   output::json_text(output::json_memory(report, *trace, resolver,
                                                         options.report.json_entries())),
                   *trace);
  }
  output::TextPage page = new_page(options.report);
  output::put_memory(page, report, resolver, order, options.report.limits);
  output::put_symbol_problems(page, symbolizer.problems());
  output::put_losses(page, *trace);
  return deliver(options.report, page.text(), *trace);
}

}  // namespace

Action prepare_memory(CLI::App& command) {
  auto options = std::make_shared<MemoryOptions>();
  add_file_option(command, options->report);
  add_result_options(command, options->report);
  add_stack_options(command, options->report);
  command.add_option("--by", options->by, "order of the call stacks")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"live", "peak", "allocated", "temporary"}))
      ->capture_default_str();
  return [options](const Words&) { return memory(*options); };
}

}  // namespace dbgtrace::reader::cli
