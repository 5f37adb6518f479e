// SPDX-License-Identifier: Apache-2.0
// `dbgtrace doctor`'s judgement: one finding a subject, with a line that mends it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reader/target/preflight.hpp"
#include "reader/target/surroundings.hpp"

namespace dbgtrace::reader::target {

enum class CheckStatus { kOk, kWarning, kProblem };  // a problem stands against any recording
const char* name_of(CheckStatus status);

struct Check {
  const char* subject;
  CheckStatus status = CheckStatus::kOk;
  std::string finding;
  std::string fix;  // empty: nothing to mend
};

struct Checkup {
  std::vector<Check> checks;
  Verdict verdict = Verdict::kRecordable;
  std::string conclusion;  // a sentence: whether and how
};

// target: the program that was named, or that of the process; absent: only the machine is judged.
Checkup examine(const Surroundings& here, const std::optional<Target>& target);

}  // namespace dbgtrace::reader::target
