// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/losses.hpp"

#include <algorithm>
#include <iterator>

namespace dbgtrace::reader::analysis {

std::vector<Loss> losses_of(const ring::LossCounters& lost) {
  return {
      {"live_table_full", "sample is not among the live blocks",
       "samples are not among the live blocks",
       "Their table was full: totals are right, what is live and what leaks is told too low.",
       "A larger DBGTRACE_SIZE, or fewer samples (DBGTRACE_SAMPLE).", lost.live_table_full, false},
      {"site_table_full", "sample has no call stack of its own",
       "samples have no call stack of their own",
       "The table of call stacks was full: they are counted together, under \"call stack "
       "unknown\".",
       "A larger DBGTRACE_SIZE.", lost.site_table_full, false},
      {"stack_arena_full", "call stack was not stored", "call stacks were not stored",
       "There was no room for their frames: their figures are right, their names are missing.",
       "A larger DBGTRACE_SIZE.", lost.stack_arena_full, false},
      {"module_table_full", "loaded object is not named", "loaded objects are not named",
       "Their table was full: frames in them show as bare addresses.", "", lost.module_table_full,
       false},
      {"events_dropped", "event is missing from the history", "events are missing from the history",
       "Too many threads recorded at once: `dump` has holes, live figures and leaks are right.", "",
       lost.events_dropped, false},
      {"blocks_overwritten", "block of the oldest history was overwritten",
       "blocks of the oldest history were overwritten",
       "That is how it stays within its size: `dump` begins later, live figures and leaks are "
       "right.",
       "", lost.blocks_overwritten, true},
      {"no_scratch", "sample has no call stack", "samples have no call stack",
       "Too many threads recorded at once: they are counted together, under \"call stack "
       "unknown\".",
       "", lost.no_scratch, false},
      {"disk_refused", "write was left out", "writes were left out",
       "The disk was full, or a file size limit or sandbox refused the space: the recording is "
       "incomplete from then on.",
       "Free space, a higher `ulimit -f`, or another folder (DBGTRACE_OUT).", lost.disk_refused,
       false},
      {"stale_entries", "block was freed behind the recorder's back",
       "blocks were freed behind the recorder's back",
       "The program has a way around malloc's names: some blocks counted as live that were not.",
       "", lost.stale_entries, false},
      {"thread_table_full", "thread is not told apart", "threads are not told apart",
       "Their table was full: they are counted as one.", "", lost.thread_table_full, false},
      {"start_races", "sample came while the file was being created",
       "samples came while the file was being created",
       "The first instant of the process is missing, nothing after it.", "", lost.start_races,
       false},
      {"sites_folded", "call stack gave its place in the site table to a busier one",
       "call stacks gave their place in the site table to busier ones",
       "Their sums are counted together, under \"call stack unknown\".", "A larger DBGTRACE_SIZE.",
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
