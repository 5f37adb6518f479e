// SPDX-License-Identifier: Apache-2.0
// `dbgtrace bundle`: the recording and the names that its reports need, for a machine that has
// neither the program nor its debug information.
#include <filesystem>
#include <memory>

#include "reader/analysis/post_mortem.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/trace/bundle.hpp"

namespace dbgtrace::reader::cli {
namespace {

int bundle(ReportOptions& options) {
  const auto recording = open_whole_recording(options);
  if (!recording) return kFailed;
  const trace::Trace& trace = recording->trace;
  if (options.result_file.empty()) {
    options.result_file =
        std::filesystem::path(options.file).filename().replace_extension("dbgtz").string();
    complain("writing " + options.result_file);
  }
  symbols::Symbolizer symbolizer(options.search);
  const analysis::Resolver resolver(trace, symbolizer);
  resolver.prepare(analysis::every_stack(trace));
  // Registers and threads of a crash have addresses that are in none of these.
  static_cast<void>(analysis::examine(trace, resolver, ""));
  for (const std::string& problem : symbolizer.problems()) complain(problem);
  return deliver(options,
                 trace::pack_bundle(recording->image.bytes(), symbols::given_bytes(symbolizer)),
                 trace);
}

}  // namespace

Action prepare_bundle(CLI::App& command) {
  auto options = std::make_shared<ReportOptions>();
  add_file_option(command, *options);
  command.add_option("-o", options->result_file, "write it here; default: NAME.dbgtz, in the cwd")
      ->type_name("FILE");
  add_symbol_options(command, *options);
  return [options](const Words&) { return bundle(*options); };
}

}  // namespace dbgtrace::reader::cli
