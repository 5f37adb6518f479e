// SPDX-License-Identifier: Apache-2.0
// `dbgtrace annotate`: a source file with bytes and counts beside its lines.
#include <memory>

#include "reader/analysis/annotation.hpp"
#include "reader/analysis/source_lines.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/text_annotate.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct AnnotateOptions {
  ReportOptions report;
  std::string source, source_dir;
  unsigned context = 3;
  bool whole = false;
};

// Below the folder that was given, the longest end of the path that is there; else where the
// symbols say; else as it was named on the command line.
std::vector<std::string> source_lines(const AnnotateOptions& options, const std::string& file) {
  std::vector<std::string> places;
  if (!options.source_dir.empty()) {
    for (size_t at = 0; at != std::string::npos && at < file.size();) {
      const std::string end = file.substr(file.front() == '/' && at == 0 ? 1 : at);
      places.push_back(options.source_dir + "/" + end);
      const size_t slash = file.find('/', at + 1);
      at = slash == std::string::npos ? slash : slash + 1;
    }
  }
  places.push_back(file);
  places.push_back(options.source);
  for (const std::string& place : places) {
    if (std::vector<std::string> lines = analysis::source_file_lines(place); !lines.empty())
      return lines;
  }
  return {};
}

int annotate(AnnotateOptions& options) {
  const auto trace = open_recording(options.report);
  if (!trace) return kFailed;
  symbols::Symbolizer symbolizer(options.report.search);
  const analysis::Resolver resolver(*trace, symbolizer);
  resolver.prepare(analysis::every_stack(*trace));
  const analysis::Annotation annotation =
      analysis::annotate(analysis::measure_memory(*trace, analysis::MemoryOrder::kAllocated),
                         analysis::find_leaks(*trace), resolver, options.source);
  if (annotation.lines.empty()) {
    complain("no call stack of " + trace->path + " has a line of a source file " + options.source +
             "; `dbgtrace memory --by line` lists the lines that there are");
    return kFailed;
  }
  const std::vector<std::string> source = source_lines(options, annotation.file);
  if (options.report.json) {
    return deliver_json(options.report, *trace, [&](output::JsonWriter& writer) {
      output::write_annotation(writer, annotation, source, *trace);
    });
  }
  output::TextPage page = new_page(options.report);
  output::put_annotation(page, annotation, source, options.context, options.whole);
  output::put_symbol_problems(page, symbolizer.problems());
  output::put_losses(page, *trace);
  return deliver(options.report, page.text(), *trace);
}

}  // namespace

Action prepare_annotate(CLI::App& command) {
  auto options = std::make_shared<AnnotateOptions>();
  command.add_option("SOURCE", options->source, "source file, or the end of its path")->required();
  add_file_option(command, options->report);
  add_result_options(command, options->report);
  command.add_option("--context", options->context, "lines shown around a line with figures")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--whole", options->whole, "show the whole file");
  command
      .add_option("--source-dir", options->source_dir, "search for the source below this folder")
      ->type_name("DIR");
  add_symbol_options(command, options->report);
  return [options](const Words&) { return annotate(*options); };
}

}  // namespace dbgtrace::reader::cli
