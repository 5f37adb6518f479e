// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/losses.hpp"

#include <algorithm>
#include <iterator>

namespace dbgtrace::reader::analysis {

std::vector<Loss> losses_of(const ring::LossCounters& lost) {
  return {
      {"live_table_full", "samples are in the totals, but not among the living blocks (table full)",
       lost.live_table_full, false},
      {"site_table_full", "samples have no call stack of their own (site table full)",
       lost.site_table_full, false},
      {"stack_arena_full", "call stacks were not stored (stack arena full)", lost.stack_arena_full,
       false},
      {"module_table_full", "modules are not named (module table full)", lost.module_table_full,
       false},
      {"events_dropped", "events are missing from the history (every block was busy)",
       lost.events_dropped, false},
      {"blocks_overwritten", "blocks of older history were overwritten by newer ones",
       lost.blocks_overwritten, true},
      {"no_scratch", "samples have no call stack (no buffer was free)", lost.no_scratch, false},
      {"disk_refused", "writes were left out: disk, limit or sandbox refused the space",
       lost.disk_refused, false},
      {"stale_entries", "blocks were freed behind the recorder's back", lost.stale_entries, false},
      {"thread_table_full", "threads are counted as one (thread table full)",
       lost.thread_table_full, false},
      {"start_races", "samples came while the file was being created", lost.start_races, false},
      {"sites_folded", "call stacks gave their place in the site table to busier ones",
       lost.sites_folded, false},
  };
}

std::vector<Loss> defects_of(const ring::LossCounters& lost) {
  std::vector<Loss> defects;
  const std::vector<Loss> all = losses_of(lost);
  std::copy_if(all.begin(), all.end(), std::back_inserter(defects),
               [](const Loss& loss) { return loss.count > 0 && !loss.forgets_by_design; });
  return defects;
}

}  // namespace dbgtrace::reader::analysis
