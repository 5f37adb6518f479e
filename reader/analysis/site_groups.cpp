// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/site_groups.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "reader/analysis/estimate.hpp"

namespace dbgtrace::reader::analysis {
namespace {

using Place = std::pair<uint32_t, uint64_t>;  // build of a module (0: none), offset in it
using StackKey = std::vector<Place>;

// Numbers the builds of modules: equal build-ids, or equal paths where there is none.
class Builds {
 public:
  uint32_t number_of(const trace::Module& module) {
    const auto [known, is_new] = by_module_.try_emplace(&module, 0);
    if (is_new) {
      const std::string& name = module.build_id.empty() ? module.path : module.build_id;
      known->second = by_name_.try_emplace(name, by_name_.size() + 1).first->second;
    }
    return known->second;
  }

 private:
  std::map<const trace::Module*, uint32_t> by_module_;
  std::map<std::string, uint32_t> by_name_;
};

StackKey key_of(const trace::Trace& trace, uint32_t stack_index, Builds& builds) {
  const trace::Stack& stack = trace.stacks[stack_index];
  StackKey key;
  key.reserve(stack.pcs.size());
  for (const uint64_t pc : stack.pcs) {
    const trace::Module* module = trace::module_at(trace, pc, stack.time_us);
    key.push_back(module == nullptr ? Place{0, pc}
                                    : Place{builds.number_of(*module), pc - module->bias});
  }
  return key;
}

void add_site(SiteGroup& group, const trace::Site& site, uint32_t index) {
  if (group.sites.empty()) group.first_us = site.first_us;
  if (group.sites.empty() || static_cast<double>(site.peak_live_bytes) > group.peak_bytes) {
    group.peak_us = site.peak_us;
  }
  group.sites.push_back(index);
  group.births = group.births + site.births;
  group.deaths.hits += site.deaths.hits;
  group.deaths.weight_q15 += site.deaths.weight_q15;
  group.deaths.bytes += site.deaths.bytes;
  group.temporary += site.temporary;
  group.live_bytes += static_cast<double>(site.live_bytes);
  group.peak_bytes += static_cast<double>(site.peak_live_bytes);
  group.first_us = std::min(group.first_us, site.first_us);
  group.has_history = group.has_history && site.has_history;
  for (uint32_t k = 0; k < ring::kLifetimeBuckets; ++k) group.death_hits[k] += site.death_hits[k];
}

}  // namespace

std::vector<SiteGroup> group_sites(const trace::Trace& trace) {
  std::vector<SiteGroup> groups;
  std::map<std::pair<bool, StackKey>, size_t> by_key;
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  std::vector<size_t> group_of(trace.sites.size(), kNone);
  Builds builds;
  for (uint32_t i = 0; i < trace.sites.size(); ++i) {
    const trace::Site& site = trace.sites[i];
    if (site.freeing) continue;
    size_t target = groups.size();
    // A stack that was lost says nothing about which other one it equals.
    if (site.stack < trace.stacks.size() && !trace.stacks[site.stack].pcs.empty()) {
      auto key = std::make_pair(site.mapping, key_of(trace, site.stack, builds));
      target = by_key.try_emplace(std::move(key), target).first->second;
    }
    if (target == groups.size()) {
      groups.emplace_back();
      groups.back().stack = site.stack < trace.stacks.size() ? site.stack : 0;
      groups.back().mapping = site.mapping;
    }
    add_site(groups[target], site, i);
    group_of[i] = target;
  }
  for (uint32_t i = 0; i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    if (block.site >= group_of.size() || group_of[block.site] == kNone) continue;
    SiteGroup& group = groups[group_of[block.site]];
    if (group.mapping == (block.state == ring::LiveState::kMapped)) group.blocks.push_back(i);
  }
  return groups;
}

}  // namespace dbgtrace::reader::analysis
