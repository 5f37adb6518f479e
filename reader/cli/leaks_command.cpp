// SPDX-License-Identifier: Apache-2.0
// `dbgtrace leaks`: leaking call stacks, worst first.
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/analysis/suppressions.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/cli/selection_options.hpp"
#include "reader/output/json_reports.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct LeaksOptions {
  ReportOptions report;
  FailOn fail_on;
  SelectionWords selection;
  std::vector<std::string> suppression_files;
  bool no_built_in = false;
};

std::optional<std::vector<analysis::Suppression>> suppressions_of(const LeaksOptions& options) {
  std::vector<analysis::Suppression> all;
  for (const std::string& path : options.suppression_files) {
    std::ifstream file(path);
    std::ostringstream text;
    if (!(text << file.rdbuf())) {
      complain(path + ": can't be read; a file with lines \"leak:PATTERN\" is expected");
      return std::nullopt;
    }
    auto parsed = analysis::parse_suppressions(text.str(), path);
    if (!parsed) {
      complain(parsed.error().message);
      return std::nullopt;
    }
    all.insert(all.end(), parsed->begin(), parsed->end());
  }
  if (!options.no_built_in) {
    const auto& known = analysis::built_in_suppressions();
    all.insert(all.end(), known.begin(), known.end());
  }
  return all;
}

// Of each class as many as are shown at most.
std::vector<uint32_t> shown_stacks(const analysis::LeakReport& report, size_t limit) {
  std::map<analysis::LeakClass, size_t> shown;
  std::vector<uint32_t> stacks;
  for (const analysis::Leak& leak : report.leaks) {
    if (limit == 0 || shown[leak.verdict.leak_class]++ < limit) stacks.push_back(leak.stack);
  }
  return stacks;
}

int deliver_result(const LeaksOptions& options, const analysis::LeakReport& report,
                   const std::vector<analysis::Suppressed>& suppressed, const std::string& selected,
                   bool nothing_fits, const trace::Trace& trace, const analysis::Resolver& resolver,
                   symbols::Symbolizer& symbolizer) {
  if (options.report.json) {
    return deliver_json(options.report, trace, [&](output::JsonWriter& writer) {
      output::write_leaks(writer, report, trace, resolver, options.report.json_entries(),
                          suppressed);
      if (!selected.empty()) writer.member("selection", selected);
    });
  }
  output::TextPage page = new_page(options.report);
  output::put_cut(page, trace);
  if (!selected.empty()) page.paragraph("Selected: " + selected, 2, output::TextPage::Tone::kBold);
  if (nothing_fits) {
    page.paragraph("Nothing fits that; part of a name is enough, `dbgtrace memory` shows all.", 2);
  } else {
    output::put_leaks(page, report, trace, resolver, options.report.limits);
    output::put_suppressed(page, suppressed);
  }
  output::put_symbol_problems(page, symbolizer.problems());
  output::put_losses(page, trace);
  return deliver(options.report, page.text(), trace);
}

int leaks(LeaksOptions& options) {
  const auto suppressions = suppressions_of(options);
  if (!suppressions) return kUsage;
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  const auto selection = selection_of(options.selection, *trace);
  if (!selection) return kUsage;
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  analysis::LeakReport report = analysis::find_leaks(*trace);
  const auto suppressed = analysis::suppress(report, *trace, resolver, *suppressions);
  analysis::select_leaks(report, *trace, *selection, resolver);
  const size_t shown =
      options.report.json ? options.report.json_entries() : options.report.limits.entries;
  resolver.prepare(shown_stacks(report, shown));
  analysis::add_hints(report, *trace, resolver, shown);
  const std::string selected = selection_text(*selection);
  const bool nothing_fits =
      !selected.empty() && report.leaks.empty() &&
      analysis::measure_selection(*trace, *selection, resolver, analysis::MemoryOrder::kLive)
          .sites.empty();
  const int code = deliver_result(options, report, suppressed, selected, nothing_fits, *trace,
                                  resolver, symbolizer);
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
  command
      .add_option("--suppressions", options->suppression_files,
                  "leave out what fits the lines \"leak:PATTERN\" of this file; repeatable")
      ->type_name("FILE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_flag("--no-built-in-suppressions", options->no_built_in,
                   "show what the C and C++ libraries keep for themselves, too");
  add_selection_options(command, options->selection);
  return [options](const Words&) { return leaks(*options); };
}

}  // namespace dbgtrace::reader::cli
