// SPDX-License-Identifier: Apache-2.0
// `dbgtrace diff`: two recordings, or two moments of one.
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <memory>

#include "reader/analysis/comparison.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/cli/time_option.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_diff.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct DiffOptions {
  ReportOptions report;
  std::vector<std::string> files;
  std::string from, to, by = "stack", per = "auto", fail_on;
  double least_percent = 5;

  bool moments() const { return !from.empty() || !to.empty(); }
};

analysis::Rules rules_of(const DiffOptions& options) {
  analysis::Rules rules;
  rules.least_change = options.least_percent / 100;
  rules.per = options.per == "run"      ? analysis::Per::kRun
              : options.per == "second" ? analysis::Per::kSecond
                                        : analysis::Per::kAuto;
  return rules;
}

bool crashed(const trace::Trace& trace) {
  return trace.header.live.state == static_cast<uint32_t>(ring::State::kCrashed);
}

bool fails(const DiffOptions& options, const analysis::Comparison& c, bool only_new_crashed) {
  const std::string& what = options.fail_on;
  const bool any = what == "any";
  const bool worse =
      c.regressions() > 0 || std::any_of(c.totals.begin(), c.totals.end(), [&c](const auto& total) {
        return c.total_changed[static_cast<size_t>(total.measure)] && total.change() > 0;
      });
  return ((any || what == "regression") && worse) ||
         ((any || what == "leak") && !c.new_leaks.empty()) ||
         ((any || what == "crash") && only_new_crashed);
}

int report(DiffOptions& options, const trace::Trace& old_trace, const trace::Trace& new_trace,
           symbols::Symbolizer& symbolizer, const analysis::ComparedSide& old_side,
           const analysis::ComparedSide& new_side) {
  const analysis::Resolver old_resolver(old_trace, symbolizer), new_resolver(new_trace, symbolizer);
  const analysis::Rules rules = rules_of(options);
  const analysis::Comparison comparison = analysis::compare(old_side, new_side, rules);
  const output::DiffContents contents{comparison,
                                      old_side,
                                      new_side,
                                      old_resolver,
                                      new_resolver,
                                      rules,
                                      *analysis::group_by(options.by)};
  int code = kDone;
  if (options.report.json) {
    code = deliver_json(options.report, new_trace, [&](output::JsonWriter& writer) {
      output::write_diff(writer, contents, options.report.json_entries());
    });
  } else {
    output::TextPage page = new_page(options.report);
    output::put_diff(page, contents, options.report.limits);
    output::put_symbol_problems(page, symbolizer.problems());
    output::put_losses(page, new_trace);
    code = deliver(options.report, page.text(), new_trace);
  }
  if (code == kFailed) return code;
  if (fails(options, comparison, crashed(new_trace) && !crashed(old_trace))) return kFindings;
  // Of two moments it is one recording, which was told of already.
  return old_trace.damages.empty() || &old_trace == &new_trace ? code : delivered("", old_trace);
}

int compare_moments(DiffOptions& options) {
  if (options.files.size() > 1) {
    complain("--from, --to and --at compare two moments of one recording: give one FILE");
    return kUsage;
  }
  if (!options.files.empty()) options.report.file = options.files.front();
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  if (is_past_end(options.from, trace->end_us())) {
    complain(fmt::format("{}: the recording is of {} only", options.from,
                         output::human_duration(static_cast<double>(trace->end_us()) / 1e6)));
    return kUsage;
  }
  const auto from = moment_us(options.from.empty() ? "0" : options.from, trace->end_us());
  const auto to = moment_us(options.to.empty() ? "100%" : options.to, trace->end_us());
  if (!from || !to || *from >= *to) {
    complain("two moments are expected, the first one earlier: 90, 1.5min, 2h or 50%");
    return kUsage;
  }
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  resolver.prepare(analysis::every_stack(*trace));
  const auto by = *analysis::group_by(options.by);
  return report(options, *trace, *trace, symbolizer, analysis::side_at(*trace, resolver, by, *from),
                analysis::side_at(*trace, resolver, by, *to));
}

bool same_program(const FoundRecording& a, const FoundRecording& b) {
  return std::strncmp(a.header.exe, b.header.exe, sizeof a.header.exe) == 0;
}

// One file is compared with the newest recording of its program, none the newest one with the one
// before it, of the same program.
bool choose_files(DiffOptions& options) {
  if (options.files.size() == 2) return true;
  std::vector<FoundRecording> found = find_recordings({});
  std::optional<FoundRecording> given;
  if (!options.files.empty())
    given = recording_at(options.files.front());
  else if (!found.empty())
    given = found.front();
  if (!given) {
    complain(
        "two recordings are needed: dbgtrace diff OLD NEW (or two moments of one, --from T --to "
        "T)");
    return false;
  }
  std::erase_if(found, [&given](const FoundRecording& one) {
    std::error_code error;
    return !same_program(one, *given) ||
           std::filesystem::equivalent(one.path, given->path, error) ||
           (one.header.pid == given->header.pid &&
            one.header.start_unix_ns == given->header.start_unix_ns);
  });
  const bool wants_newer = !options.files.empty();
  if (found.empty() ||
      (wants_newer && found.front().header.start_unix_ns < given->header.start_unix_ns)) {
    complain(
        fmt::format("{}: no {}recording of the same program found; give two: dbgtrace diff OLD "
                    "NEW (or two moments of one, --from T --to T)",
                    given->path, wants_newer ? "newer " : "other "));
    return false;
  }
  if (wants_newer) {
    options.files.push_back(found.front().path);
  } else {
    options.files = {found.front().path, given->path};
  }
  complain("comparing " + options.files[0] + " with the newest recording, " + options.files[1]);
  return true;
}

int diff(DiffOptions& options) {
  if (options.moments()) return compare_moments(options);
  if (!choose_files(options)) return kUsage;
  options.report.file = options.files[0];
  const auto old_trace = open_recording(options.report);
  if (!old_trace) return kFailed;
  options.report.file = options.files[1];
  const auto new_trace = open_recording(options.report);
  if (!new_trace) return kFailed;
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver old_resolver(*old_trace, symbolizer),
      new_resolver(*new_trace, symbolizer);
  old_resolver.prepare(analysis::every_stack(*old_trace));
  new_resolver.prepare(analysis::every_stack(*new_trace));
  const auto by = *analysis::group_by(options.by);
  return report(options, *old_trace, *new_trace, symbolizer,
                analysis::side_of(*old_trace, old_resolver, by),
                analysis::side_of(*new_trace, new_resolver, by));
}

}  // namespace

Action prepare_diff(CLI::App& command) {
  auto options = std::make_shared<DiffOptions>();
  command.add_option("FILE", options->files, "OLD and NEW; default: the two newest of one program")
      ->expected(0, 2);
  add_result_options(command, options->report);
  add_stack_options(command, options->report);
  command.add_option("--from", options->from, "first of two moments of one recording: 90, 2h, 50%")
      ->type_name("TIME");
  command.add_option("--to", options->to, "second one; default: the end")->type_name("TIME");
  command.add_option("--at", options->from, "a moment, compared with the end")
      ->type_name("TIME")
      ->excludes("--from")
      ->excludes("--to");
  command.add_option("--by", options->by, "what is compared")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"stack", "function", "line", "module"}))
      ->capture_default_str();
  command
      .add_option("--per", options->per,
                  "allocations per run or second; auto: run, if both ended by themselves")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"auto", "run", "second"}))
      ->capture_default_str();
  command.add_option("--least", options->least_percent, "leave out changes under so many percent")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command.add_option("--fail-on", options->fail_on, "exit with 4 if NEW has one that OLD has not")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"regression", "leak", "crash", "any"}));
  return [options](const Words&) { return diff(*options); };
}

}  // namespace dbgtrace::reader::cli
