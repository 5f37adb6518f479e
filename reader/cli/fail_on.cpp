// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/fail_on.hpp"

#include <fmt/format.h>

#include "reader/cli/exit_code.hpp"
#include "reader/cli/recordings.hpp"
#include "reader/trace/load.hpp"

namespace dbgtrace::reader::cli {

void add_fail_on_option(CLI::App& command, FailOn& fail_on) {
  command.add_option("--fail-on", fail_on.what, "exit with 4 if there is such a finding")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"leak", "crash", "any"}));
}

bool has_finding(const FailOn& fail_on, const analysis::LeakReport& report,
                 const trace::Trace& trace) {
  const bool crashed = trace.header.live.state == static_cast<uint32_t>(ring::State::kCrashed);
  return (fail_on.leak() && report.growing() > 0) || (fail_on.crash() && crashed);
}

int judge_recording(const FailOn& fail_on, const std::string& folder, uint32_t pid) {
  for (const FoundRecording& found : find_recordings({folder})) {
    if (found.header.pid != pid) continue;
    const auto trace = trace::load(found.path);
    if (!trace) break;
    const analysis::LeakReport report = analysis::find_leaks(*trace);
    if (!has_finding(fail_on, report, *trace)) return kDone;
    complain(fmt::format("{} leak{} found: `dbgtrace leaks {}`", report.growing(),
                         report.growing() == 1 ? "" : "s", found.path));
    return kFindings;
  }
  complain("no recording of the program was found in " + folder +
           ": --fail-on has nothing to judge");
  return kDone;
}

}  // namespace dbgtrace::reader::cli
