// SPDX-License-Identifier: Apache-2.0
// `dbgtrace memory`: call stacks by what they hold and turn over, one by one or put together.
#include <memory>
#include <vector>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/cli/selection_options.hpp"
#include "reader/output/json_reports.hpp"
#include "reader/output/memory_details.hpp"
#include "reader/output/text_losses.hpp"
#include "reader/output/text_memory.hpp"

namespace dbgtrace::reader::cli {
namespace {

using analysis::GroupBy;
using analysis::MemoryOrder;

struct MemoryOptions {
  ReportOptions report;
  SelectionWords selection;
  std::vector<std::string> by;

  MemoryOrder order() const {
    for (const std::string& word : by) {
      if (const auto order = analysis::memory_order(word)) return *order;
    }
    return MemoryOrder::kLive;
  }
  GroupBy group() const {
    for (const std::string& word : by) {
      if (const auto group = analysis::group_by(word)) return *group;
    }
    return GroupBy::kStack;
  }
};

output::MemoryDetails details_of(const trace::Trace& trace, const analysis::MemoryReport& report) {
  return {analysis::growth_pattern(report.timeline, report.run_s),
          analysis::fragmentation(report.timeline), analysis::histograms(trace, report),
          analysis::peak_moment(trace), analysis::pool_candidates(trace, report)};
}

void write_json(output::JsonWriter& writer, const MemoryOptions& options, const trace::Trace& trace,
                const analysis::MemoryReport& report, const analysis::Resolver& resolver,
                const analysis::Selection& selection) {
  const size_t entries = options.report.json_entries();
  output::write_memory(writer, report, trace, resolver, entries);
  const std::string selected = selection_text(selection);
  if (!selected.empty()) writer.member("selection", selected);
  if (options.group() != GroupBy::kStack) {
    output::write_memory_groups(
        writer, analysis::group_memory(trace, report, resolver, options.group(), options.order()),
        report.only_live, entries);
  }
  if (selected.empty()) {
    output::write_memory_details(writer, details_of(trace, report), resolver, entries);
  }
}

void put_text(output::TextPage& page, const MemoryOptions& options, const trace::Trace& trace,
              const analysis::MemoryReport& report, const analysis::Resolver& resolver,
              const analysis::Selection& selection) {
  using Tone = output::TextPage::Tone;
  const output::ListLimits limits = options.report.limits;
  const std::string selected = selection_text(selection);
  output::put_memory_totals(page, report);
  if (!selected.empty()) {
    page.gap();
    page.paragraph("Selected: " + selected, 2, Tone::kBold);
    if (report.only_live) {
      page.paragraph(
          "Of single threads and times only what lives is known; `dbgtrace diff --from --to` tells "
          "what grew.",
          2, Tone::kFaint);
    }
  }
  page.gap();
  if (options.group() == GroupBy::kStack) {
    output::put_memory_sites(page, report, resolver, options.order(), limits);
  } else {
    output::put_memory_groups(
        page, analysis::group_memory(trace, report, resolver, options.group(), options.order()),
        report.only_live, limits);
  }
  if (selected.empty() && options.group() == GroupBy::kStack) {
    output::put_memory_details(page, details_of(trace, report), report, resolver, limits);
  }
}

std::vector<uint32_t> shown_stacks(const analysis::MemoryReport& report, size_t limit) {
  std::vector<uint32_t> stacks;
  for (const analysis::MemorySite& site : report.sites) {
    if (limit == 0 || stacks.size() < limit) stacks.push_back(site.stack);
  }
  return stacks;
}

int memory(MemoryOptions& options) {
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  const auto selection = selection_of(options.selection, *trace);
  if (!selection) return kUsage;
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  const analysis::MemoryReport report =
      analysis::measure_selection(*trace, *selection, resolver, options.order());
  const size_t limit =
      options.report.json ? options.report.json_entries() : options.report.limits.entries;
  const bool every = options.group() != GroupBy::kStack && options.group() != GroupBy::kThread;
  resolver.prepare(shown_stacks(report, every ? 0 : limit));
  // Threads are told by their blocks, which the selection has to be taken from first.
  const bool by_blocks = selection->of_blocks() && options.group() == GroupBy::kThread;
  const trace::Trace part = by_blocks ? analysis::with_blocks(*trace, *selection) : trace::Trace{};
  const trace::Trace& shown = by_blocks ? part : *trace;
  if (options.report.json) {
    return deliver_json(options.report, *trace, [&](output::JsonWriter& writer) {
      write_json(writer, options, shown, report, resolver, *selection);
    });
  }
  output::TextPage page = new_page(options.report);
  output::put_cut(page, *trace);
  put_text(page, options, shown, report, resolver, *selection);
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
  command
      .add_option(
          "--by", options->by,
          "order: live, peak, allocated, temporary, blocks, allocations; put together: "
          "stack, line, function, module, thread; repeatable, or one of each: peak,function")
      ->type_name("WHAT")
      ->delimiter(',')
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::IsMember({"live", "peak", "allocated", "temporary", "blocks", "allocations",
                             "stack", "line", "function", "module", "thread"}));
  add_selection_options(command, options->selection);
  return [options](const Words&) { return memory(*options); };
}

}  // namespace dbgtrace::reader::cli
