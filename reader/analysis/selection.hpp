// SPDX-License-Identifier: Apache-2.0
// A part of a recording: call stacks by the names in them, blocks by thread and time of birth. What
// the recorder summed up over all threads and the whole run can't be taken apart afterwards, so a
// selection of blocks knows what lives, and nothing of what was freed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct Selection {
  // Patterns (see name_pattern.hpp); of each kind that has any, one must fit a frame of the stack.
  std::vector<std::string> functions, files, modules;
  std::vector<std::string> threads;  // names or tids
  uint64_t from_us = 0, to_us = ~uint64_t{0};

  bool of_stacks() const { return !functions.empty() || !files.empty() || !modules.empty(); }
  bool of_time() const { return from_us != 0 || to_us != ~uint64_t{0}; }
  bool of_blocks() const { return of_time() || !threads.empty(); }
};

bool selects(const Selection& selection, const ResolvedStack& stack);

// Whether a living block belongs to a selection, with the threads looked up once.
class BlockSelection {
 public:
  BlockSelection(const trace::Trace& trace, const Selection& selection);
  bool operator()(const trace::LiveBlock& block) const;

 private:
  uint64_t from_us_, to_us_;
  std::vector<bool> threads_;  // by index; empty: all
};

// The same recording without the living blocks that are not selected.
trace::Trace with_blocks(const trace::Trace& trace, const Selection& selection);

// The memory report of a selection: its call stacks only, and of selected blocks only what lives.
// The figures of the process stay those of the whole process.
MemoryReport measure_selection(const trace::Trace& trace, const Selection& selection,
                               const Resolver& resolver, MemoryOrder order);

// Leaves only the leaks of a selection; those of selected blocks hold what of these lives.
void select_leaks(LeakReport& report, const trace::Trace& trace, const Selection& selection,
                  const Resolver& resolver);

}  // namespace dbgtrace::reader::analysis
