// SPDX-License-Identifier: Apache-2.0
// `dbgtrace crash`: the post-mortem of one recording, or the crashes of many, grouped.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>

#include "reader/cli/commands.hpp"
#include "reader/cli/death_here.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/fail_on.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/death_report.hpp"
#include "reader/output/json_crash.hpp"
#include "reader/output/text_crash.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct CrashOptions {
  ReportOptions report;
  std::vector<std::string> paths;
  std::string source_root;
  bool whole_map = false;
  FailOn fail_on;
};

std::string one_as_json(const trace::Trace& trace, const analysis::Resolver& resolver,
                        const std::optional<analysis::PostMortem>& report) {
  output::Json json = output::json_document("crash", trace.path);
  json["exe"] = trace.header.exe;
  json["crashes"] = output::Json::array();
  if (report) json["crashes"].push_back(output::json_crash(*report, trace));
  if (!report) json["death"] = output::json_death(death_here(trace), resolver);
  output::add_losses(json, trace);
  return output::json_text(json);
}

std::string one_as_text(const CrashOptions& options, const trace::Trace& trace,
                        symbols::Symbolizer& symbolizer, const analysis::Resolver& resolver,
                        const std::optional<analysis::PostMortem>& report) {
  output::TextPage page = new_page(options.report);
  if (report) {
    output::put_crash(page, *report, trace, {options.report.limits, options.whole_map});
  } else {
    output::put_death(page, death_here(trace), trace, resolver);
  }
  output::put_symbol_problems(page, symbolizer.problems());
  output::put_losses(page, trace);
  return page.text();
}

int examine_one(CrashOptions& options) {
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  const auto report = analysis::examine(*trace, resolver, options.source_root);
  const int code =
      deliver(options.report,
              options.report.json ? one_as_json(*trace, resolver, report)
                                  : one_as_text(options, *trace, symbolizer, resolver, report),
              *trace);
  return code != kFailed && has_finding(options.fail_on, *trace) ? kFindings : code;
}

// The recordings among what was given: files as they are, and what lies in the folders.
std::vector<std::string> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      if (seen.insert(path).second) files.push_back(path);
      continue;
    }
    for (const FoundRecording& found : find_recordings({path})) {
      if (seen.insert(found.path).second) files.push_back(found.path);
    }
  }
  return files;
}

analysis::CrashEntry entry_of(const analysis::PostMortem& report, const trace::Trace& trace) {
  analysis::CrashEntry entry;
  entry.file = trace.path;
  entry.exe = trace.header.exe;
  entry.build_id = report.build_id;
  entry.signature = report.signature;
  entry.signature_id = report.signature_id;
  entry.crash_class = report.verdict.crash_class;
  entry.confidence = report.verdict.confidence;
  entry.summary = output::summary_text(report);
  entry.time_unix = report.time_unix;
  return entry;
}

int examine_many(CrashOptions& options) {
  const std::vector<std::string> files = files_of(options.paths);
  // One for all: recordings of one program share their modules.
  symbols::Symbolizer symbolizer(options.report.search);
  std::vector<analysis::CrashEntry> entries;
  std::vector<output::Vanished> vanished;
  output::Json crashes = output::Json::array(), deaths = output::Json::array();
  std::vector<std::string> damaged;
  size_t failed = 0;
  bool found = false;
  for (const std::string& file : files) {
    auto recording = trace::open_recording(file);
    if (!recording) {
      complain(recording.error().message);
      ++failed;
      continue;
    }
    const trace::Trace* trace = &recording->trace;
    // A bundle brings names of its own.
    symbols::SearchPaths search = options.report.search;
    add_names_of(*recording, search);
    std::optional<symbols::Symbolizer> own;
    if (search.given || !search.perf_maps.empty()) own.emplace(search);
    if (!trace->damages.empty()) damaged.push_back(file);
    found = found || has_finding(options.fail_on, *trace);
    const analysis::Resolver resolver(*trace, own ? *own : symbolizer);
    const auto report = analysis::examine(*trace, resolver, options.source_root);
    if (!report) {
      const analysis::Death death = death_here(*trace);
      const std::string summary = output::death_text(death, resolver);
      if (summary.empty()) continue;
      vanished.push_back({file, summary});
      deaths.push_back(output::json_death(death, resolver));
      deaths.back()["file"] = file;
      deaths.back()["exe"] = trace->header.exe;
      continue;
    }
    entries.push_back(entry_of(*report, *trace));
    if (!options.report.json) continue;
    crashes.push_back(output::json_crash(*report, *trace));
    crashes.back()["file"] = file;
    crashes.back()["exe"] = trace->header.exe;
  }
  if (failed > 0 && failed == files.size()) return kFailed;
  const auto groups = analysis::group_crashes(std::move(entries));
  std::string result;
  if (options.report.json) {
    output::Json json =
        output::json_document("crash", fmt::format("{}", fmt::join(options.paths, " ")));
    json["recordings"] = files.size();
    json["groups"] = output::json_crash_groups(groups);
    json["crashes"] = std::move(crashes);
    json["vanished"] = std::move(deaths);
    result = output::json_text(json);
  } else {
    output::TextPage page = new_page(options.report);
    output::put_crash_groups(page, groups, files.size() - failed, options.report.limits);
    output::put_vanished(page, vanished, options.report.limits);
    output::put_symbol_problems(page, symbolizer.problems());
    result = page.text();
  }
  const int code = deliver(options.report, result);
  if (code != kDone) return code;
  if (found) return kFindings;
  if (!damaged.empty()) {
    complain(fmt::format("{} of {} recordings {} damaged: {}", damaged.size(), files.size(),
                         damaged.size() == 1 ? "is" : "are", fmt::join(damaged, ", ")));
  }
  return failed + damaged.size() > 0 ? kDamaged : kDone;
}

int crash(CrashOptions& options) {
  std::error_code error;
  const bool one =
      options.paths.size() <= 1 &&
      (options.paths.empty() || !std::filesystem::is_directory(options.paths.front(), error));
  if (!one) return examine_many(options);
  if (!options.paths.empty()) options.report.file = options.paths.front();
  return examine_one(options);
}

}  // namespace

Action prepare_crash(CLI::App& command) {
  auto options = std::make_shared<CrashOptions>();
  command.add_option("FILE", options->paths,
                     "recordings, or folders of them; default: the newest that `list` finds");
  add_result_options(command, options->report);
  add_stack_options(command, options->report);
  command
      .add_option("--source-dir,--source-root", options->source_root, "where the sources lie now")
      ->type_name("DIR");
  command.add_flag("--maps", options->whole_map, "the whole memory map");
  add_fail_on_option(command, options->fail_on);
  return [options](const Words&) { return crash(*options); };
}

}  // namespace dbgtrace::reader::cli
