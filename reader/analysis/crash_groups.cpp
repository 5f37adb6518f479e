// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_groups.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace dbgtrace::reader::analysis {
namespace {

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (one.empty() || std::find(all.begin(), all.end(), one) != all.end()) return;
  all.push_back(one);
}

}  // namespace

const CrashEntry& CrashGroup::best() const {
  return *std::max_element(
      crashes.begin(), crashes.end(),
      [](const CrashEntry& a, const CrashEntry& b) { return a.confidence < b.confidence; });
}

std::vector<CrashGroup> group_crashes(std::vector<CrashEntry> crashes) {
  std::sort(crashes.begin(), crashes.end(), [](const CrashEntry& a, const CrashEntry& b) {
    return a.time_unix != b.time_unix ? a.time_unix > b.time_unix : a.file < b.file;
  });
  std::vector<CrashGroup> groups;
  std::map<std::string, size_t> by_signature;
  for (CrashEntry& crash : crashes) {
    const auto [known, is_new] = by_signature.try_emplace(crash.signature, groups.size());
    if (is_new) groups.emplace_back();
    CrashGroup& group = groups[known->second];
    add_once(group.exes, crash.exe);
    add_once(group.build_ids, crash.build_id);
    group.crashes.push_back(std::move(crash));
  }
  std::stable_sort(groups.begin(), groups.end(), [](const CrashGroup& a, const CrashGroup& b) {
    return a.crashes.size() > b.crashes.size();
  });
  return groups;
}

}  // namespace dbgtrace::reader::analysis
