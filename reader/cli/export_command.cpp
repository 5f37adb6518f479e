// SPDX-License-Identifier: Apache-2.0
// `dbgtrace export`: a recording in the format of another tool.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/profile_formats.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct ExportOptions {
  ReportOptions report;
  std::string format;
  std::string by = "live";
};

int deliver_profile(const ExportOptions& options, const trace::Trace& trace,
                    std::string (*write)(const output::ProfileSource&, analysis::MemoryOrder)) {
  const auto order = analysis::memory_order(options.by).value_or(analysis::MemoryOrder::kLive);
  const analysis::MemoryReport memory = analysis::measure_memory(trace, order);
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(trace, symbolizer);
  const std::string exe = trace.header.exe;
  return deliver(
      options.report,
      write({memory, resolver, exe.substr(exe.rfind('/') + 1), trace.header.start_unix_ns}, order),
      trace);
}

int export_pprof(const ExportOptions& options, const trace::Trace& trace) {
  if (options.report.result_file.empty() && isatty(STDOUT_FILENO) != 0) {
    complain("a pprof profile is no text for a terminal: give -o FILE");
    return kUsage;
  }
  return deliver_profile(options, trace,
                         [](const auto& source, auto) { return output::pprof_profile(source); });
}

int export_folded(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace, output::folded_stacks);
}

int export_speedscope(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace,
                         [](const auto& source, auto) { return output::speedscope_file(source); });
}

int export_csv(const ExportOptions& options, const trace::Trace& trace) {
  return deliver_profile(options, trace,
                         [](const auto& source, auto) { return output::csv_table(source); });
}

struct Format {
  const char* name;
  int (*run)(const ExportOptions& options, const trace::Trace& trace);
};
constexpr std::array<Format, 4> kFormats = {{{"csv", export_csv},
                                             {"folded", export_folded},
                                             {"pprof", export_pprof},
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
  command.add_option("--format", options->format, "csv, folded, pprof or speedscope")
      ->type_name("FORMAT")
      ->required();
  command.add_option("-o", options->report.result_file, "write the result to this file")
      ->type_name("FILE");
  command
      .add_option("--by", options->by, "what a folded stack is weighed by, and the order of csv")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"live", "blocks", "peak", "allocated", "allocations", "temporary"}))
      ->capture_default_str();
  add_symbol_options(command, options->report);
  return [options](const Words&) { return run_export(*options); };
}

}  // namespace dbgtrace::reader::cli
