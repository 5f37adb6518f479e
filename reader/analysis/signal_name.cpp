// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/signal_name.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dbgtrace::reader::analysis {
namespace {

constexpr const char* kNames[] = {
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "POLL", "PWR",  "SYS"};
constexpr int kFirstRealTime = 34;  // of the C library, which keeps 32 and 33 to itself
constexpr int kLastRealTime = 64;

}  // namespace

std::string signal_name(int number) {
  if (number >= 1 && number <= static_cast<int>(std::size(kNames))) {
    return fmt::format("SIG{}", kNames[number - 1]);
  }
  if (number == kFirstRealTime) return "SIGRTMIN";
  if (number > kFirstRealTime && number <= kLastRealTime) {
    return fmt::format("SIGRTMIN+{}", number - kFirstRealTime);
  }
  return fmt::format("signal {}", number);
}

}  // namespace dbgtrace::reader::analysis
