// SPDX-License-Identifier: Apache-2.0
// `dbgtrace export`: a recording in the format of another tool.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "reader/analysis/core_contents.hpp"
#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/elf_core.hpp"
#include "reader/output/profile_formats.hpp"
#include "reader/output/sarif.hpp"
#include "reader/output/sink.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct ExportOptions {
  ReportOptions report;
  std::string format;
  std::string by = "live";
  std::string source_root;
};

int deliver_profile(const ExportOptions& options, const trace::Trace& trace,
                    void (*write)(output::Sink&, const output::ProfileSource&,
                                  analysis::MemoryOrder)) {
  const auto order = analysis::memory_order(options.by).value_or(analysis::MemoryOrder::kLive);
  const analysis::MemoryReport memory = analysis::measure_memory(trace, order);
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(trace, symbolizer);
  resolver.prepare(analysis::every_stack(trace));
  const std::string exe = trace.header.exe;
  output::Sink sink(options.report.result_file);
  write(sink, {memory, resolver, exe.substr(exe.rfind('/') + 1), trace.header.start_unix_ns},
        order);
  return delivered(sink.finish(), trace);
}

int export_pprof(const ExportOptions& options, const trace::Trace& trace) {
  if (options.report.result_file.empty() && isatty(STDOUT_FILENO) != 0) {
    complain("a pprof profile is no text for a terminal: give -o FILE");
    return kUsage;
  }
  return deliver_profile(options, trace, [](output::Sink& sink, const auto& source, auto) {
    sink.write(output::pprof_profile(source));
  });
}

int export_folded(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace, output::write_folded_stacks);
}

int export_speedscope(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace, [](output::Sink& sink, const auto& source, auto) {
    sink.write(output::speedscope_file(source));
  });
}

int export_csv(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace, [](output::Sink& sink, const auto& source, auto) {
    output::write_csv_table(sink, source);
  });
}

// Of a frame's file, which is absolute, only what lies below an absolute root can be told.
std::string absolute(const std::string& folder) {
  if (folder.empty()) return folder;
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return error ? folder : path.string();
}

int export_sarif(const ExportOptions& options, const trace::Trace& trace) {
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(trace, symbolizer);
  const std::string root = absolute(options.source_root);
  const auto crash = analysis::examine(trace, resolver, root);
  const auto leaks = analysis::find_leaks(trace);
  return deliver(options.report,
                 output::json_text(output::sarif_document(crash, leaks, trace, resolver, root)),
                 trace);
}

int export_core(const ExportOptions& options, const trace::Trace& trace) {
  if (options.report.result_file.empty() && isatty(STDOUT_FILENO) != 0) {
    complain("a core is no text for a terminal: give -o FILE");
    return kUsage;
  }
  const auto core = analysis::core_contents(trace, options.report.search);
  if (!core) {
    complain(trace.path +
             ": it has no crash record, of which a core could be made; "
             "`dbgtrace crash` says how the process ended");
    return kFailed;
  }
  return deliver(options.report, output::elf_core(*core), trace);
}

struct Format {
  const char* name;
  int (*run)(const ExportOptions& options, const trace::Trace& trace);
};
constexpr std::array<Format, 6> kFormats = {{{"core", export_core},
                                             {"csv", export_csv},
                                             {"folded", export_folded},
                                             {"pprof", export_pprof},
                                             {"sarif", export_sarif},
                                             {"speedscope", export_speedscope}}};

int run_export(ExportOptions& options) {
  const auto* format =
      std::find_if(kFormats.begin(), kFormats.end(),
                   [&options](const Format& known) { return options.format == known.name; });
  if (format == kFormats.end()) {
    std::string known;
    for (const Format& one : kFormats) known += std::string(known.empty() ? "" : ", ") + one.name;
    complain("unknown format \"" + options.format + "\"; this dbgtrace writes: " + known);
    return kUsage;
  }
  const auto trace = open_recording(options.report);
  return trace ? format->run(options, *trace) : static_cast<int>(kFailed);
}

}  // namespace

Action prepare_export(CLI::App& command) {
  auto options = std::make_shared<ExportOptions>();
  add_file_option(command, options->report);
  command.add_option("--format", options->format, "what the file is to be read by")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"core", "csv", "folded", "pprof", "sarif", "speedscope"}))
      ->required();
  command.add_option("-o", options->report.result_file, "write the result to this file")
      ->type_name("FILE");
  command
      .add_option("--by", options->by, "what a folded stack is weighed by, and the order of csv")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"live", "blocks", "peak", "allocated", "allocations", "temporary"}))
      ->capture_default_str();
  command
      .add_option("--source-dir,--source-root", options->source_root,
                  "name source files relative to this folder (sarif)")
      ->type_name("DIR");
  add_symbol_options(command, options->report);
  return [options](const Words&) { return run_export(*options); };
}

}  // namespace dbgtrace::reader::cli
