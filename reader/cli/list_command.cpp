// SPDX-License-Identifier: Apache-2.0
// `dbgtrace list`: the recordings in the usual places, newest first.
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/proc_processes.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_info.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct ListOptions {
  ReportOptions report;
  std::vector<std::string> folders;
};

std::string as_json(const std::vector<FoundRecording>& found, const ProcProcesses& processes) {
  output::Json json = {{"schema", "dbgtrace.list/1"}, {"recordings", output::Json::array()}};
  for (const FoundRecording& recording : found) {
    json["recordings"].push_back(
        {{"file", recording.path},
         {"exe", recording.header.exe},
         {"pid", recording.header.pid},
         {"start_unix", static_cast<double>(recording.header.start_unix_ns) / 1e9},
         {"state", output::json_state(analysis::state_of(recording.header, processes))},
         {"file_bytes", recording.file_bytes},
         {"disk_bytes", recording.disk_bytes}});
  }
  return output::json_text(json);
}

std::string as_text(const ReportOptions& options, const std::vector<FoundRecording>& found,
                    const ProcProcesses& processes) {
  output::TextPage page = new_page(options);
  if (found.empty()) page.paragraph("No recordings here; make one: dbgtrace run -- PROG");
  for (const FoundRecording& recording : found) {
    const double start = static_cast<double>(recording.header.start_unix_ns) / 1e9;
    page.line(fmt::format("{}  {:<9} {:>9}  {}", output::human_date(start),
                          output::state_text(analysis::state_of(recording.header, processes)),
                          output::human_bytes(static_cast<double>(recording.disk_bytes)),
                          recording.path));
  }
  return page.text();
}

int list(const ListOptions& options) {
  const ProcProcesses processes;
  const std::vector<FoundRecording> found = find_recordings(options.folders);
  return deliver(options.report, options.report.json ? as_json(found, processes)
                                                     : as_text(options.report, found, processes));
}

}  // namespace

Action prepare_list(CLI::App& command) {
  auto options = std::make_shared<ListOptions>();
  command.add_option("DIR", options->folders, "look in these folders instead");
  add_result_options(command, options->report);
  return [options](const Words&) { return list(*options); };
}

}  // namespace dbgtrace::reader::cli
