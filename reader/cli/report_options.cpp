// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/report_options.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>

#include "reader/cli/descriptor_limit.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/output/pager.hpp"
#include "reader/output/sink.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

// /tmp/perf-PID.map, if it is of this process: pids are used again, and /tmp is everybody's.
std::string perf_map_of(const trace::Trace& trace, const std::string& sysroot) {
  const std::string path = fmt::format("{}/tmp/perf-{}.map", sysroot, trace.header.pid);
  struct stat map {
  }, recording{};
  if (lstat(path.c_str(), &map) != 0 || !S_ISREG(map.st_mode)) return {};
  if (stat(trace.path.c_str(), &recording) != 0 || map.st_uid != recording.st_uid) return {};
  const auto start_s = static_cast<time_t>(trace.header.start_unix_ns / 1'000'000'000);
  const auto run_s = static_cast<time_t>(trace.end_us() / 1'000'000);
  constexpr time_t kAfterTheEnd_s = 60;
  const bool of_its_time =
      map.st_mtime >= start_s && map.st_mtime <= start_s + run_s + kAfterTheEnd_s;
  return of_its_time ? path : std::string();
}

// A minus would be taken as a huge number.
std::string not_negative(const std::string& number) {
  return number.starts_with('-') ? "a number from 0 on is expected, not " + number : "";
}

}  // namespace

void add_file_option(CLI::App& command, ReportOptions& options) {
  command.add_option("FILE", options.file, "recording; default: the newest that `list` finds");
}

void add_result_options(CLI::App& command, ReportOptions& options) {
  command.add_flag("--json", options.json, "the result as JSON");
  command.add_option("-o", options.result_file, "write the result to this file")->type_name("FILE");
}

void add_symbol_options(CLI::App& command, ReportOptions& options) {
  options.search.cache = symbols::SymbolCache::of_user();
  command
      .add_option_function<std::vector<std::string>>(
          "--debug-dir",
          [&options](const std::vector<std::string>& folders) {
            auto& all = options.search.debug_dirs;
            all.insert(all.begin(), folders.begin(), folders.end());
          },
          "search this folder for debug information; repeatable")
      ->type_name("DIR")
      ->check([](const std::string& folder) {
        std::error_code error;
        return std::filesystem::is_directory(folder, error) ? ""
                                                            : folder + ": there is no such folder";
      })
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--sysroot", options.search.sysroot, "search for modules below this folder")
      ->type_name("DIR");
}

void add_stack_options(CLI::App& command, ReportOptions& options) {
  command
      .add_option_function<size_t>(
          "--top",
          [&options](size_t entries) {
            options.limits.entries = entries;
            options.top_given = true;
          },
          "at most N entries of a kind, 0 = all; default: 10, in JSON all")
      ->type_name("N")
      ->check(not_negative);
  command.add_option("--frames", options.limits.frames, "at most N frames of a stack, 0 = all")
      ->type_name("N")
      ->check(not_negative)
      ->capture_default_str();
  add_symbol_options(command, options);
}

void add_names_of(const trace::Recording& recording, symbols::SearchPaths& search) {
  const trace::Trace& trace = recording.trace;
  const std::string code = symbols::generated_code(trace.header.pid).path;
  if (const std::string map = perf_map_of(trace, search.sysroot); !map.empty())
    search.perf_maps.emplace(code, map);
  const auto appendix = recording.image.appendix();
  if (appendix.empty()) return;
  symbols::GivenAnswers own;
  if (!symbols::parse_given(appendix, own)) {
    complain(trace.path + ": the names in the bundle are not whole, some will be missing");
  }
  if (const size_t cut = symbols::count_cut(own); cut > 0) {
    complain(
        fmt::format("{}: of {} address{} the names in the bundle are too long, they are shown "
                    "in part",
                    trace.path, cut, cut == 1 ? "" : "es"));
  }
  if (search.given) own.insert(search.given->begin(), search.given->end());
  search.given = std::make_shared<const symbols::GivenAnswers>(std::move(own));
}

std::optional<trace::Recording> open_whole_recording(ReportOptions& options) {
  if (options.file.empty()) {
    const std::vector<FoundRecording> found = find_recordings({});
    if (found.empty()) {
      complain("no recording found in " + places_text() +
               "; make one with `dbgtrace run -- PROG`, or give a FILE");
      return std::nullopt;
    }
    options.file = found.front().path;
    complain("reading the newest recording, " + options.file);
  }
  raise_descriptor_limit();
  auto recording = trace::open_recording(options.file);
  if (!recording) {
    complain(recording.error().message);
    return std::nullopt;
  }
  add_names_of(*recording, options.search);
  return std::move(*recording);
}

std::optional<trace::Trace> open_recording(ReportOptions& options) {
  auto recording = open_whole_recording(options);
  if (!recording) return std::nullopt;
  return std::move(recording->trace);
}

output::TextPage new_page(const ReportOptions& options) {
  return output::TextPage(options.result_file.empty() ? output::terminal_style()
                                                      : output::TextStyle{});
}

namespace {

// What went wrong as a sentence, else an empty string.
std::string show(const ReportOptions& options, const std::string& result) {
  output::SignOfLife::end();
  if (options.result_file.empty() && output::show_in_pager(result)) return "";
  return output::deliver(result, options.result_file);
}

}  // namespace

int deliver(const ReportOptions& options, const std::string& result) {
  const std::string problem = show(options, result);
  if (problem.empty()) return kDone;
  complain(problem);
  return kFailed;
}

int deliver(const ReportOptions& options, const std::string& result, const trace::Trace& trace) {
  return delivered(show(options, result), trace);
}

int deliver_json(const ReportOptions& options, const trace::Trace& trace,
                 const std::function<void(output::JsonWriter&)>& write) {
  output::Sink sink(options.result_file);
  output::JsonWriter writer(sink);
  write(writer);
  writer.finish();
  return delivered(sink.finish(), trace);
}

int delivered(const std::string& problem, const trace::Trace& trace) {
  if (!problem.empty()) {
    complain(problem);
    return kFailed;
  }
  if (trace.damages.empty()) return kDone;
  complain(fmt::format("{} is damaged in {} place{}, first at {}; the result is of what is whole",
                       trace.path, trace.damages.size(), trace.damages.size() == 1 ? "" : "s",
                       output::damage_text(trace.damages.front())));
  return kDamaged;
}

}  // namespace dbgtrace::reader::cli
