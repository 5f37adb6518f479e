// SPDX-License-Identifier: Apache-2.0
// Which call stacks leak. Not "what was unfreed in the end" but what keeps being born and never
// dies; the rules, with the reasons for each, stand in leak_rules.hpp. Computes, never prints.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "reader/analysis/estimate.hpp"
#include "reader/analysis/fix_hints.hpp"
#include "reader/analysis/leak_rules.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class Severity { kHigh, kMedium, kLow };

// Per second, with a 95 % interval.
struct GrowthRate {
  double bytes_per_s = 0;
  double low = 0;
  double high = 0;
};

struct Leak {
  Verdict verdict;
  Severity severity = Severity::kLow;
  // Live; with verdict.freed_at_exit: at the peak; of class unfreed-at-exit: never freed.
  Estimate bytes, count;
  uint64_t torn_down = 0;            // samples of the group that were freed after exit() began
  std::optional<GrowthRate> growth;  // of growing ones
  // In the end not freed, exit handlers included: of exact recordings of processes that exited.
  std::optional<Estimate> unfreed_bytes, unfreed_count;
  double oldest_age_s = 0;
  Survival survival;
  std::vector<FixHint> hints;  // filled by add_hints
  uint32_t stack = 0;          // index in Trace::stacks
  std::vector<uint32_t> sites;
};

struct LeakReport {
  std::vector<Leak> leaks;          // worst first
  Estimate live_bytes, live_count;  // of the whole heap; of one torn down: when exit() began
  Estimate torn_down_bytes;         // of live_bytes: freed after exit() began
  Estimate unfreed_bytes;           // of live_bytes: the rest
  uint64_t in_use_sites = 0;        // have living blocks and an ordinary life: not in the list
  double in_use_bytes = 0;
  double run_s = 0;
  uint64_t interval_bytes = 0;
  bool exact = false;  // every allocation was recorded

  uint64_t growing() const;
};

LeakReport find_leaks(const trace::Trace& trace);

// Every allocation was recorded, from start to end.
bool is_exact(const trace::Trace& trace);
// Somebody copied, or left, only a part of the file: its tables are not what they were.
bool is_cut(const trace::Trace& trace);

const char* name_of(LeakClass leak_class);  // as in JSON: "growing"
const char* name_of(Severity severity);

}  // namespace dbgtrace::reader::analysis
