// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/fix_hints.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <string_view>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/title_frame.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// Pieces of the names of functions that add to a container.
constexpr std::array<std::string_view, 24> kContainers = {
    "std::vector",       "std::deque",       "std::list",
    "std::forward_list", "std::map",         "std::multimap",
    "std::set",          "std::multiset",    "std::unordered_",
    "std::_Rb_tree",     "std::_Hashtable",  "std::__detail::_Map_base",
    "std::_List_base",   "std::_Deque_base", "alloc::vec::",
    "alloc::raw_vec::",  "hashbrown::",      "alloc::collections",
    "g_hash_table_",     "g_ptr_array_",     "g_array_",
    "g_list_",           "g_slist_",         "g_queue_"};

// The outermost container's function among the frames that lie inside of the one that names the
// stack: the way that the program itself called.
std::string container_of(const ResolvedStack& stack) {
  std::string found;
  for (size_t i = 0; i < stack.title && i < stack.frames.size(); ++i) {
    const std::string name = plain_name(stack.frames[i].function);
    if (std::any_of(kContainers.begin(), kContainers.end(),
                    [&name](std::string_view container) { return name.starts_with(container); })) {
      found = name;
    }
  }
  return found;
}

struct Frees {
  uint64_t known = 0;
  std::set<uint32_t> stacks;  // a few distinct ones are enough
};

Frees frees_of(const trace::Trace& trace, const Leak& leak) {
  Frees frees;
  for (const trace::FreedBlock& block : trace.freed) {
    if (std::find(leak.sites.begin(), leak.sites.end(), block.site) == leak.sites.end()) continue;
    if (block.free_site == 0 || block.free_site >= trace.sites.size()) continue;
    ++frees.known;
    if (frees.stacks.size() < 8) frees.stacks.insert(trace.sites[block.free_site].stack);
  }
  return frees;
}

// The age that half of the dead did not reach, as a power of two.
double median_age_s(const trace::Trace& trace, const Leak& leak) {
  trace::Lifetimes::Counts sums{};
  for (const uint32_t site : leak.sites) trace.sites[site].lifetimes.add_to(sums);
  const uint64_t all = std::accumulate(sums.begin(), sums.end(), uint64_t{0});
  uint64_t seen = 0;
  for (size_t k = 0; k < sums.size(); ++k) {
    seen += sums[k];
    if (all > 0 && seen * 2 >= all) return std::ldexp(1e-6, static_cast<int>(k));
  }
  return 0;
}

std::vector<FixHint> hints_of(const trace::Trace& trace, const Leak& leak,
                              const Resolver& resolver) {
  FixHint facts;
  for (const uint32_t site : leak.sites) {
    facts.samples += trace.sites[site].births.hits;
    facts.freed += trace.sites[site].deaths.hits;
  }
  std::vector<FixHint> hints;
  const auto add = [&](LeakPattern pattern) -> FixHint& {
    hints.push_back(facts);
    hints.back().pattern = pattern;
    return hints.back();
  };
  if (leak.verdict.by_realloc) add(LeakPattern::kReallocGrowth);
  if (leak.verdict.freed_at_exit) add(LeakPattern::kFreedAtExit);
  if (std::string container = container_of(resolver.resolve(leak.stack)); !container.empty()) {
    add(LeakPattern::kContainer).container = std::move(container);
  }
  if (leak.verdict.freed_at_exit || leak.verdict.by_realloc) return hints;
  if (facts.freed == 0) {
    add(LeakPattern::kNeverFreed);
    return hints;
  }
  const Frees frees = frees_of(trace, leak);
  facts.known_frees = frees.known;
  if (frees.stacks.size() == 1 && frees.known >= 3) {
    add(LeakPattern::kFreedOnOnePath).stack = *frees.stacks.begin();
  } else {
    add(LeakPattern::kFreedSometimes);
  }
  const double age_s = median_age_s(trace, leak);
  if (age_s * 1e6 >= static_cast<double>(leak.survival.old_us) && leak.survival.old_us > 0) {
    add(LeakPattern::kFreedLate).median_age_s = age_s;
  }
  return hints;
}

}  // namespace

const char* name_of(LeakPattern pattern) {
  switch (pattern) {
    case LeakPattern::kReallocGrowth:
      return "realloc-growth";
    case LeakPattern::kFreedAtExit:
      return "freed-at-exit";
    case LeakPattern::kContainer:
      return "growing-container";
    case LeakPattern::kNeverFreed:
      return "never-freed";
    case LeakPattern::kFreedOnOnePath:
      return "freed-on-one-path";
    case LeakPattern::kFreedSometimes:
      return "freed-sometimes";
    case LeakPattern::kFreedLate:
      return "freed-late";
  }
  return "";
}

void add_hints(LeakReport& report, const trace::Trace& trace, const Resolver& resolver,
               size_t max_leaks) {
  size_t done = 0;
  for (Leak& leak : report.leaks) {
    const LeakClass leak_class = leak.verdict.leak_class;
    if (leak_class != LeakClass::kGrowing && leak_class != LeakClass::kUnfreedAtExit) continue;
    if (max_leaks != 0 && done++ >= max_leaks) return;
    leak.hints = hints_of(trace, leak, resolver);
  }
}

}  // namespace dbgtrace::reader::analysis
