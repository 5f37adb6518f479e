// SPDX-License-Identifier: Apache-2.0
// `dbgtrace leaks`: leaking call stacks, worst first.
#include <memory>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct LeaksOptions {
  ReportOptions report;
  FailOn fail_on;
};

std::string result_text(const ReportOptions& options, const analysis::LeakReport& report,
                        const trace::Trace& trace, symbols::Symbolizer& symbolizer) {
  const analysis::Resolver resolver(trace, symbolizer);
  if (options.json) {
    return output::json_text(output::json_leaks(report, trace, resolver, options.json_entries()));
  }
  output::TextPage page = new_page(options);
  output::put_leaks(page, report, trace, resolver, options.limits);
  output::put_symbol_problems(page, symbolizer.problems());
  output::put_losses(page, trace);
  return page.text();
}

int leaks(LeaksOptions& options) {
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  const analysis::LeakReport report = analysis::find_leaks(*trace);
  symbols::Symbolizer symbolizer(options.report.search);
  const int code =
      deliver(options.report, result_text(options.report, report, *trace, symbolizer), *trace);
  const bool found = code != kFailed && has_finding(options.fail_on, report, *trace);
  return found ? kFindings : code;
}

}  // namespace

Action prepare_leaks(CLI::App& command) {
  auto options = std::make_shared<LeaksOptions>();
  add_file_option(command, options->report);
  add_result_options(command, options->report);
  add_stack_options(command, options->report);
  add_fail_on_option(command, options->fail_on);
  return [options](const Words&) { return leaks(*options); };
}

}  // namespace dbgtrace::reader::cli
