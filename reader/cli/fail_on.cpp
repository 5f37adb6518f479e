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

namespace {

// A crash in a vfork child is one as well, though the process itself went on.
bool crashed(const trace::Trace& trace) {
  return trace.black_box.crash ||
         trace.header.live.state == static_cast<uint32_t>(ring::State::kCrashed);
}

}  // namespace

bool has_finding(const FailOn& fail_on, const analysis::LeakReport& report,
                 const trace::Trace& trace) {
  return (fail_on.leak() && report.growing() > 0) || (fail_on.crash() && crashed(trace));
}

bool has_finding(const FailOn& fail_on, const trace::Trace& trace) {
  if (fail_on.crash() && crashed(trace)) return true;
  return fail_on.leak() && analysis::find_leaks(trace).growing() > 0;
}

int judge_recording(const FailOn& fail_on, const std::string& folder, uint32_t pid) {
  for (const FoundRecording& found : find_recordings({folder})) {
    if (found.header.pid != pid) continue;
    const auto trace = trace::load(found.path);
    if (!trace) break;
    const analysis::LeakReport report = analysis::find_leaks(*trace);
    if (!has_finding(fail_on, report, *trace)) return kDone;
    if (fail_on.crash() && crashed(*trace)) {
      complain(fmt::format("a crash found: `dbgtrace crash {}`", found.path));
    } else {
      complain(fmt::format("{} leak{} found: `dbgtrace leaks {}`", report.growing(),
                           report.growing() == 1 ? "" : "s", found.path));
    }
    return kFindings;
  }
  complain("no recording of the program was found in " + folder +
           ": --fail-on has nothing to judge");
  return kDone;
}

}  // namespace dbgtrace::reader::cli
