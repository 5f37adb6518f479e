// SPDX-License-Identifier: Apache-2.0
// Many crashes of many recordings, those with one signature together: which bug strikes how often,
// since when and in which builds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/crash_class.hpp"

namespace dbgtrace::reader::analysis {

// One crash, as much of it as a group needs: recordings are read one after the other.
struct CrashEntry {
  std::string file, exe, build_id;
  std::string signature, signature_id;
  CrashClass crash_class = CrashClass::kUnknown;
  double confidence = 0;
  std::string summary;
  double time_unix = 0;
};

struct CrashGroup {
  std::vector<CrashEntry> crashes;  // newest first, never empty
  std::vector<std::string> exes;    // without repetition
  std::vector<std::string> build_ids;

  double first_unix() const { return crashes.back().time_unix; }
  double last_unix() const { return crashes.front().time_unix; }
  // The surest one: the same bug leaves more evidence in one recording than in another.
  const CrashEntry& best() const;
};

// The most frequent first.
std::vector<CrashGroup> group_crashes(std::vector<CrashEntry> crashes);

}  // namespace dbgtrace::reader::analysis
