// SPDX-License-Identifier: Apache-2.0
// `dbgtrace list`: the recordings in the usual places, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/proc_processes.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/output/human.hpp"
#include "reader/output/printable.hpp"
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
  // Of no width, so that no path is cut: it is there to be copied.
  output::TextPage page{output::TextStyle{}};
  const size_t width = options.result_file.empty() ? output::terminal_style().width : 0;
  if (found.empty()) page.paragraph("No recordings here; make one: dbgtrace run -- PROG");
  std::vector<std::string> states;
  size_t state_columns = 9, path_columns = 0;
  for (const FoundRecording& recording : found) {
    states.push_back(output::state_text(analysis::state_of(recording.header, processes)));
    state_columns = std::max(state_columns, states.back().size());
    path_columns = std::max(path_columns, output::columns_of(output::printable(recording.path)));
  }
  constexpr size_t kDateAndSize = 23 + 2 + 1 + 9 + 2;
  const bool beside = width == 0 || kDateAndSize + state_columns + path_columns <= width;
  for (size_t i = 0; i < found.size(); ++i) {
    const FoundRecording& recording = found[i];
    const double start = static_cast<double>(recording.header.start_unix_ns) / 1e9;
    const std::string facts =
        fmt::format("{}  {:<{}} {:>9}", output::human_date(start), states[i], state_columns,
                    output::human_bytes(static_cast<double>(recording.disk_bytes)));
    if (beside) {
      page.line(facts + "  " + recording.path);
    } else {
      page.line(facts);
      page.line("  " + recording.path);
    }
  }
  return page.text();
}

int list(const ListOptions& options) {
  bool all_there = true;
  for (const std::string& folder : options.folders) {
    std::error_code error;
    const std::filesystem::directory_iterator at(folder, error);
    if (!error) continue;
    complain(
        fmt::format("{}: {}; a folder is expected", output::printable(folder), error.message()));
    all_there = false;
  }
  const ProcProcesses processes;
  const std::vector<FoundRecording> found = find_recordings(options.folders);
  if (!all_there && found.empty()) return kFailed;
  const int code =
      deliver(options.report, options.report.json ? as_json(found, processes)
                                                  : as_text(options.report, found, processes));
  return all_there ? code : static_cast<int>(kFailed);
}

}  // namespace

Action prepare_list(CLI::App& command) {
  auto options = std::make_shared<ListOptions>();
  command.add_option("DIR", options->folders, "look in these folders instead");
  add_result_options(command, options->report);
  return [options](const Words&) { return list(*options); };
}

}  // namespace dbgtrace::reader::cli
