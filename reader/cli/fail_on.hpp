// SPDX-License-Identifier: Apache-2.0
// --fail-on: which findings make an exit status of 4.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "reader/analysis/leaks.hpp"

namespace dbgtrace::reader::cli {

struct FailOn {
  std::string what;  // "", "leak", "crash" or "any"
  bool leak() const { return what == "leak" || what == "any"; }
  bool crash() const { return what == "crash" || what == "any"; }
};

void add_fail_on_option(CLI::App& command, FailOn& fail_on);

// A crash in a vfork child is one as well, though the process itself went on.
bool has_crash(const trace::Trace& trace);

// A leak is a stack of class growing. What was merely not freed at the end is none: most programs
// leave that to the kernel on purpose.
bool has_finding(const FailOn& fail_on, const analysis::LeakReport& report,
                 const trace::Trace& trace);

// The same where the leaks are not known yet: they are looked for only if they matter.
bool has_finding(const FailOn& fail_on, const trace::Trace& trace);

}  // namespace dbgtrace::reader::cli
