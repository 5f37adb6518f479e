// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/fail_on.hpp"

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

}  // namespace dbgtrace::reader::cli
