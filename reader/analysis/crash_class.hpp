// SPDX-License-Identifier: Apache-2.0
// What kind of crash it was, how sure that is, and why. A confidence above 0.9 is given only where
// the evidence leaves no other reading; whoever acts on a wrong class has lost a day.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/crash_scene.hpp"

namespace dbgtrace::reader::analysis {

enum class CrashClass {
  kNullDereference,
  kWildAccess,
  kWildJump,
  kStackOverflow,
  kStackSmash,
  kUseAfterFree,
  kHeapOverflow,
  kDoubleFree,
  kInvalidFree,
  kHeapCorruption,
  kAssertion,
  kUncaughtException,
  kAbort,
  kArithmetic,
  kIllegalInstruction,
  kBusError,
  kSeccomp,
  kTrap,
  kOutOfMemory,
  kSentByUser,
  kUnknown
};
const char* name_of(CrashClass crash_class);  // as in JSON: "use-after-free"

struct CrashVerdict {
  CrashClass crash_class = CrashClass::kUnknown;
  double confidence = 0;
  std::vector<std::string> evidence{};                     // clauses, the weightiest first
  std::optional<trace::HeapPointer> block = std::nullopt;  // that the class rests on
  // The live block that something was probably written past the end of.
  std::optional<trace::HeapPointer> overrun = std::nullopt;

  CrashVerdict& because(std::string reason) {
    evidence.push_back(std::move(reason));
    return *this;
  }
};

CrashVerdict classify(const CrashScene& scene);

}  // namespace dbgtrace::reader::analysis
