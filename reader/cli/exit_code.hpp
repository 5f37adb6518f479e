// SPDX-License-Identifier: Apache-2.0
// The exit statuses that scripts rely on, and messages to people: standard error only, one prefix.
#pragma once

#include <string>

namespace dbgtrace::reader::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kDamaged = 3,   // the file is damaged, but a result was given
  kFindings = 4,  // only with --fail-on; beats kDamaged
  kRunFailed = 125,
  kRunRefused = 126,
  kRunNotFound = 127,
};

// "dbgtrace: <message>" on standard error.
void complain(const std::string& message);

}  // namespace dbgtrace::reader::cli
