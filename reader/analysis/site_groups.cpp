// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/site_groups.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "reader/analysis/estimate.hpp"
#include "reader/trace/module_map.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// Tells where a frame lies: in which build of which module, and at which offset in it. Builds are
// numbered: equal build-ids, or equal paths where there is none.
class Places {
 public:
  struct Place {
    uint32_t build;  // 0: in no module
    uint64_t offset;
    bool operator==(const Place&) const = default;
  };

  explicit Places(const trace::Trace& trace) : trace_(trace), modules_(trace.modules) {
    std::unordered_map<std::string_view, uint32_t> by_name;
    for (const trace::Module& module : trace.modules) {
      const std::string& name = module.build_id.empty() ? module.path : module.build_id;
      builds_.push_back(by_name.try_emplace(name, by_name.size() + 1).first->second);
    }
    addresses_suffice_ = by_name.size() == trace.modules.size() && !modules_.overlaps();
    hashes_suffice_ = addresses_suffice_ && std::none_of(trace.modules.begin(), trace.modules.end(),
                                                         [](const trace::Module& module) {
                                                           return module.unload_us != 0;
                                                         });
  }

  Place of(uint64_t pc, uint64_t time_us) const {
    if (addresses_suffice_) return {0, pc};
    const trace::Module* module = modules_.find(pc, time_us);
    if (module == nullptr) return {0, pc};
    return {builds_[static_cast<size_t>(module - trace_.modules.data())], pc - module->bias};
  }

  uint64_t hash(const trace::Site& site) const {
    if (hashes_suffice_ && site.stack_hash != 0) return site.stack_hash;
    const trace::Stack stack = trace_.stacks[site.stack];
    uint64_t sum = stack.pcs.size();
    for (const uint64_t pc : stack.pcs) {
      const Place place = of(pc, stack.time_us);
      sum = (sum ^ place.offset ^ (uint64_t{place.build} << 48)) * 0x9e3779b97f4a7c15u;
      sum ^= sum >> 29;
    }
    return sum;
  }

  bool same(const trace::Stack& a, const trace::Stack& b) const {
    return std::equal(
        a.pcs.begin(), a.pcs.end(), b.pcs.begin(), b.pcs.end(),
        [&](uint64_t left, uint64_t right) { return of(left, a.time_us) == of(right, b.time_us); });
  }

 private:
  const trace::Trace& trace_;
  trace::ModuleMap modules_;
  std::vector<uint32_t> builds_;  // of Trace::modules
  // Each build had one place and each place one build: nearly every recording.
  bool addresses_suffice_ = false;
  bool hashes_suffice_ = false;  // and no code was ever unloaded
};

// Of each site the first one that has the same call stack and is of the same kind; itself if none.
// A stack that was lost says nothing about which other one it equals.
std::vector<uint32_t> first_sites(const trace::Trace& trace) {
  const Places places(trace);
  std::vector<uint32_t> first(trace.sites.size());
  std::vector<std::pair<uint64_t, uint32_t>> by_hash;
  by_hash.reserve(trace.sites.size());
  for (uint32_t i = 0; i < trace.sites.size(); ++i) {
    const trace::Site& site = trace.sites[i];
    first[i] = i;
    if (site.freeing || site.stack >= trace.stacks.size() || !trace.stacks.has_frames(site.stack))
      continue;
    by_hash.emplace_back(places.hash(site), i);
  }
  std::sort(by_hash.begin(), by_hash.end());
  // Only stacks that somebody made up for it share a hash and differ.
  constexpr size_t kMostEqualHashes = 4;
  std::vector<uint32_t> known;  // of one hash
  for (size_t k = 0; k < by_hash.size(); ++k) {
    const auto [hash, i] = by_hash[k];
    if (k == 0 || by_hash[k - 1].first != hash) known.clear();
    const trace::Site& site = trace.sites[i];
    const auto same = std::find_if(known.begin(), known.end(), [&](uint32_t other) {
      const trace::Site& before = trace.sites[other];
      return before.mapping == site.mapping &&
             (before.stack == site.stack || known.size() > kMostEqualHashes ||
              places.same(trace.stacks[before.stack], trace.stacks[site.stack]));
    });
    if (same != known.end()) {
      first[i] = *same;
    } else {
      known.push_back(i);
    }
  }
  return first;
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
}

}  // namespace

std::vector<SiteGroup> group_sites(const trace::Trace& trace) {
  const std::vector<uint32_t> first = first_sites(trace);
  std::vector<SiteGroup> groups;
  groups.reserve(trace.sites.size());
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  std::vector<size_t> group_of(trace.sites.size(), kNone);
  for (uint32_t i = 0; i < trace.sites.size(); ++i) {
    const trace::Site& site = trace.sites[i];
    if (site.freeing) continue;
    if (first[i] == i) {
      groups.emplace_back();
      groups.back().stack = site.stack < trace.stacks.size() ? site.stack : 0;
      groups.back().mapping = site.mapping;
    }
    group_of[i] = first[i] == i ? groups.size() - 1 : group_of[first[i]];
    add_site(groups[group_of[i]], site, i);
  }
  for (uint32_t i = 0; i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    if (block.site >= group_of.size() || group_of[block.site] == kNone) continue;
    SiteGroup& group = groups[group_of[block.site]];
    if (group.mapping == block.mapping) group.blocks.push_back(i);
  }
  return groups;
}

}  // namespace dbgtrace::reader::analysis
