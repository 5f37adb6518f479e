// SPDX-License-Identifier: Apache-2.0
// Names of Linux signals, as numbered on x86-64 and aarch64 (the recorded machine's, not this
// one's).
#pragma once

#include <string>

namespace dbgtrace::reader::analysis {

// "SIGSEGV", "SIGRTMIN+2", or "signal 99" for a number that no signal has.
std::string signal_name(int number);

}  // namespace dbgtrace::reader::analysis
