// SPDX-License-Identifier: Apache-2.0
// `dbgtrace doctor`: whether and how a program, or a running process, can be recorded here.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "reader/cli/commands.hpp"
#include "reader/cli/exit_code.hpp"
#include "reader/cli/launch.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/cli/report_options.hpp"
#include "reader/cli/run_summary.hpp"
#include "reader/output/text_doctor.hpp"
#include "ring/setting_kinds.hpp"

namespace dbgtrace::reader::cli {
namespace {

struct DoctorOptions {
  ReportOptions report;
  std::string about;  // a program or a pid
};

pid_t as_pid(const std::string& text) {
  uint64_t pid = 0;
  const bool number = ring::settings::Count::parse(text, pid) && pid > 0 && pid < (1u << 30);
  return number && std::filesystem::exists(fmt::format("/proc/{}/stat", pid))
             ? static_cast<pid_t>(pid)
             : 0;
}

// Where PROG would record, and where its children would if nobody names a place for them.
std::vector<std::string> output_folders() {
  const char* named = std::getenv("DBGTRACE_OUT");
  std::error_code error;
  const std::string folder = std::filesystem::current_path(error).string();
  if (named != nullptr && *named != '\0') return folders_of(absolute_template(named, folder));
  return {folder, default_folder()};
}

uint64_t size_bytes() {
  const char* text = std::getenv("DBGTRACE_SIZE");
  uint64_t size = ring::settings::standard<ring::settings::FileSize>("50M");
  if (text != nullptr) ring::settings::FileSize::parse(text, size);
  return size;
}

int doctor(const DoctorOptions& options) {
  std::string tried;
  const std::string library = find_library(tried);
  const pid_t pid = as_pid(options.about);
  const target::Surroundings here =
      target::look_around(pid, library, tried, output_folders(), size_bytes());
  std::optional<target::Target> target;
  if (pid != 0 && here.process->readable) {
    target = target::gather_target(fmt::format("/proc/{}/exe", pid),
                                   target::search_place_of_this_process(), library);
    target->name = here.process->executable;
    if (target->file.chain.empty() && !target->file.path.empty())
      target->file.path = here.process->executable;
  } else if (pid == 0 && !options.about.empty()) {
    target = target::gather_target(options.about, target::search_place_of_this_process(), library);
  }
  const target::Checkup checkup = target::examine(here, target);
  std::string text;
  if (options.report.json) {
    text = output::json_text(output::json_checkup(checkup, here, target));
  } else {
    output::TextPage page = new_page(options.report);
    output::put_checkup(page, checkup);
    text = page.text();
  }
  const int delivered = deliver(options.report, text);
  if (delivered != kDone) return delivered;
  return checkup.verdict == target::Verdict::kUnrecorded ||
                 checkup.verdict == target::Verdict::kNotPreloadable
             ? kFailed
             : kDone;
}

}  // namespace

Action prepare_doctor(CLI::App& command) {
  auto options = std::make_shared<DoctorOptions>();
  command.add_option("PROG|PID", options->about, "a program, or the pid of a running process");
  add_result_options(command, options->report);
  return [options](const Words&) { return doctor(*options); };
}

}  // namespace dbgtrace::reader::cli
