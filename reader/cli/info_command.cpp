// SPDX-License-Identifier: Apache-2.0
// `dbgtrace info`: what a recording is.
#include <sys/stat.h>

#include <memory>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/proc_processes.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/text_info.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::cli {
namespace {

int info(ReportOptions& options) {
  const auto trace = open_recording(options);
  if (!trace) return kFailed;
  struct stat file {};
  const bool known = stat(options.file.c_str(), &file) == 0;
  const auto disk_bytes = known ? static_cast<uint64_t>(file.st_blocks) * 512 : 0;
  const analysis::RecordingInfo info =
      analysis::info_of(*trace, analysis::state_of(trace->header, ProcProcesses()), disk_bytes);
  if (options.json) {
    return deliver(options, output::json_text(output::json_info(info, *trace)), *trace);
  }
  output::TextPage page = new_page(options);
  output::put_info(page, info, trace->path);
  output::put_losses(page, *trace);
  return deliver(options, page.text(), *trace);
}

}  // namespace

Action prepare_info(CLI::App& command) {
  auto options = std::make_shared<ReportOptions>();
  add_file_option(command, *options);
  add_result_options(command, *options);
  return [options](const Words&) { return info(*options); };
}

}  // namespace dbgtrace::reader::cli
