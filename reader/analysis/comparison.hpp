// SPDX-License-Identifier: Apache-2.0
// Two runs, or two moments of one, side by side: what got worse, what got better, and which
// differences are none. A difference is told only if it is both
//   large enough to matter:  5 % of what was there, and 0.1 % of the whole process (Rules), and
//   not to be had by chance: over all comparisons of a report together, the sampling of two equal
//                            runs yields even one of them in fewer than one report of a hundred.
// Where every allocation was recorded there is no chance in it, and only the first rule applies.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "reader/analysis/estimate.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/analysis/stack_names.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

enum class Measure { kLive, kPeak, kAllocated, kAllocations };
inline constexpr size_t kMeasures = 4;
const char* name_of(Measure measure);  // as in JSON: "live_bytes"

using Quantities = std::array<Estimate, kMeasures>;

// One of the two sides: figures by the name of what they belong to.
struct ComparedSite {
  Quantities quantities;
  std::string name;
  uint32_t stack = 0;              // index in Trace::stacks of its side, of its largest call stack
  double largest_bytes = 0;        // of that one
  double leaking_bytes_per_s = 0;  // by call stacks of class growing, very likely ones only
};
struct ComparedSide {
  std::string file;
  double run_s = 0;
  double at_s = 0;  // the moment; the end of the run unless it was asked for another
  uint64_t interval_bytes = 0;
  bool exact = false;
  bool ended_itself = false;  // the process exited, so that its totals are those of a whole run
  bool moment = false;        // only live bytes are known
  Quantities totals;
  std::unordered_map<StackKey, ComparedSite, StackKeyHash> sites;
};

ComparedSide side_of(const trace::Trace& trace, const Resolver& resolver, GroupBy by);
// Live bytes as they were at that time, from the sites' series: as exact as their steps.
ComparedSide side_at(const trace::Trace& trace, const Resolver& resolver, GroupBy by,
                     uint64_t time_us);

// What allocated bytes and allocations are taken per.
enum class Per { kAuto, kRun, kSecond };

struct Rules {
  double least_change = 0.05;  // of the larger side's figure
  double least_share = 0.001;  // of the larger side's total
  double least_bytes = 1024;
  double false_alarms = 0.01;  // per report
  Per per = Per::kAuto;
};

struct Difference {
  Measure measure = Measure::kLive;
  Estimate old_value, new_value;  // per second where the report says so
  double probability = 1;         // of a difference like that between two equal runs
  double change() const { return new_value.value - old_value.value; }
};

struct ChangedSite {
  std::vector<Difference> differences;  // largest first
  std::string name;
  bool in_old = false, in_new = false;
  uint32_t stack = 0;  // of the new side if it is there, else of the old one
  bool worse() const { return differences.front().change() > 0; }
};

struct Comparison {
  std::array<Difference, kMeasures> totals;
  std::array<bool, kMeasures> total_changed{};
  std::vector<ChangedSite> changed;  // worse ones first, then by size of the change
  std::vector<ChangedSite>
      new_leaks;  // grow in the new one only; their difference is of live bytes
  std::vector<ChangedSite> gone_leaks;
  uint64_t unchanged = 0;
  bool per_second = false;
  bool only_live = false;  // two moments: nothing else is known
  uint64_t comparisons = 0;

  uint64_t regressions() const;
  uint64_t improvements() const;
};

Comparison compare(const ComparedSide& old_side, const ComparedSide& new_side, const Rules& rules);

}  // namespace dbgtrace::reader::analysis
