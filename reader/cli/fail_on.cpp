// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/fail_on.hpp"

namespace dbgtrace::reader::cli {

void add_fail_on_option(CLI::App& command, FailOn& fail_on) {
  command
      .add_option("--fail-on", fail_on.what,
                  "exit with 4 if there is such a finding; a leak is memory that grows")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"leak", "crash", "any"}));
}

bool has_crash(const trace::Trace& trace) {
  return trace.black_box.crash ||
         trace.header.live.state == static_cast<uint32_t>(ring::State::kCrashed);
}

bool has_finding(const FailOn& fail_on, const analysis::LeakReport& report,
                 const trace::Trace& trace) {
  return (fail_on.leak() && report.growing() > 0) || (fail_on.crash() && has_crash(trace));
}

bool has_finding(const FailOn& fail_on, const trace::Trace& trace) {
  if (fail_on.crash() && has_crash(trace)) return true;
  return fail_on.leak() && analysis::find_leaks(trace).growing() > 0;
}

}  // namespace dbgtrace::reader::cli
