// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/thread_groups.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "reader/analysis/crash_signature.hpp"

namespace dbgtrace::reader::analysis {

std::vector<ThreadGroup> group_threads(const trace::Crash& crash, const Resolver& resolver) {
  std::vector<ThreadGroup> groups;
  // One moment of one process: equal code is at equal addresses.
  std::map<std::pair<ring::ThreadSource, std::vector<uint64_t>>, size_t> by_stack;
  for (size_t i = 0; i < crash.threads.size(); ++i) {
    const trace::CrashThread& thread = crash.threads[i];
    const auto [known, is_new] =
        by_stack.try_emplace({thread.source, thread.stack.pcs}, groups.size());
    if (is_new) {
      ThreadGroup& group = groups.emplace_back();
      group.source = thread.source;
      group.stack = resolver.resolve(thread.stack);
      group.stack.title = crash_title(group.stack.frames, 0);
    }
    groups[known->second].threads.push_back(i);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const ThreadGroup& a, const ThreadGroup& b) {
    return a.threads.size() > b.threads.size();
  });
  return groups;
}

}  // namespace dbgtrace::reader::analysis
