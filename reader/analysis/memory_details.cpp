// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory_details.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/live_curve.hpp"
#include "reader/analysis/site_groups.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::analysis {
namespace {

// By powers of two of some unit; only buckets up to the last one that holds anything.
class Powers {
 public:
  void add(double value, double count, double bytes) {
    const auto whole = static_cast<uint64_t>(std::clamp(value, 0.0, 9e18));
    const auto k =
        std::min<size_t>(counts_.size() - 1, std::bit_width(std::max<uint64_t>(1, whole)) - 1);
    counts_[k] += count;
    bytes_[k] += bytes;
  }
  std::vector<Bucket> buckets(double unit) const {
    std::vector<Bucket> list;
    size_t first = counts_.size(), last = 0;
    for (size_t k = 0; k < counts_.size(); ++k) {
      if (!(counts_[k] > 0)) continue;
      first = std::min(first, k);
      last = k;
    }
    for (size_t k = first; k <= last && k < counts_.size(); ++k) {
      const int power = static_cast<int>(k);
      list.push_back({k == 0 ? 0 : std::ldexp(unit, power), std::ldexp(unit, power + 1), counts_[k],
                      bytes_[k]});
    }
    return list;
  }

 private:
  std::array<double, 64> counts_{}, bytes_{};
};

double weight_of_deaths(const trace::Site& site) {
  if (site.deaths.hits == 0) return 0;
  return static_cast<double>(site.deaths.weight_q15) / static_cast<double>(ring::kOneQ15) /
         static_cast<double>(site.deaths.hits);
}

double value_of_group(const MemoryGroup& group, MemoryOrder order) {
  switch (order) {
    case MemoryOrder::kLive:
      return group.live_bytes.value;
    case MemoryOrder::kPeak:
      return group.peak_bytes;
    case MemoryOrder::kAllocated:
      return group.allocated_bytes.value;
    case MemoryOrder::kTemporary:
      return group.temporary;
    case MemoryOrder::kLiveCount:
      return group.live_count.value;
    case MemoryOrder::kAllocations:
      return group.allocations.value;
  }
  return 0;
}

// A thread's counters are samples as they are. What they stand for is shared out from the totals:
// by bytes, each sample standing for an interval at least.
std::vector<MemoryGroup> group_by_thread(const trace::Trace& trace, const MemoryReport& memory) {
  std::vector<MemoryGroup> groups(std::max<size_t>(1, trace.threads.size()));
  std::vector<BlockSum> living(groups.size(), BlockSum(trace.header));
  for (const trace::LiveBlock& block : trace.live) {
    if (block.mapping) continue;
    living[block.thread < groups.size() ? block.thread : 0].add(block);
  }
  const auto interval = static_cast<double>(trace.header.base_interval_bytes);
  std::vector<double> parts(groups.size(), 0.0);
  double births = 0, all = 0;
  for (size_t i = 0; i < trace.threads.size(); ++i) {
    const trace::Thread& thread = trace.threads[i];
    const auto hits = static_cast<double>(thread.births);
    const auto bytes = static_cast<double>(thread.birth_bytes);
    parts[i] = memory.exact ? bytes : std::max(bytes, hits * interval);
    all += parts[i];
    births += hits;
  }
  std::vector<MemoryGroup> result;
  for (size_t i = 0; i < groups.size(); ++i) {
    MemoryGroup& group = groups[i];
    group.live_bytes = living[i].bytes();
    group.live_count = living[i].count();
    const trace::Thread thread = i < trace.threads.size() ? trace.threads[i] : trace::Thread{};
    const double part = all > 0 ? parts[i] / all : 0;
    const double calls = births > 0 ? static_cast<double>(thread.births) / births : 0;
    group.allocated_bytes = estimate_from(memory.allocated_bytes.value * part,
                                          memory.allocated_bytes.variance * part, thread.births, 0);
    group.allocations = estimate_from(memory.allocations.value * calls,
                                      memory.allocations.variance * calls, thread.births, 0);
    if (group.live_count.samples == 0 && thread.births == 0) continue;
    group.name = thread.name.empty() ? (i == 0 ? "(other threads)" : "(no name)") : thread.name;
    if (thread.tid != 0) group.name += " [" + std::to_string(thread.tid) + "]";
    result.push_back(std::move(group));
  }
  return result;
}

}  // namespace

Histograms histograms(const trace::Trace& trace, const MemoryReport& memory) {
  Powers live, allocated, lifetimes;
  for (const trace::LiveBlock& block : trace.live) {
    if (block.mapping) continue;
    const auto size = static_cast<double>(block.size_bytes);
    live.add(size, block.weight, block.weight * size);
  }
  for (const MemorySite& site : memory.sites) {
    allocated.add(site.mean_size_bytes, site.allocations.value, site.allocated_bytes.value);
  }
  for (const trace::Site& site : trace.sites) {
    if (site.mapping || site.freeing || site.lifetimes.empty()) continue;
    const double weight = weight_of_deaths(site);
    trace::Lifetimes::Counts deaths{};
    site.lifetimes.add_to(deaths);
    for (size_t k = 0; k < deaths.size(); ++k) {
      const double hits = static_cast<double>(deaths[k]);
      if (hits > 0) lifetimes.add(std::ldexp(1.0, static_cast<int>(k)), hits * weight, 0);
    }
  }
  return {live.buckets(1), allocated.buckets(1), lifetimes.buckets(1e-6)};
}

PeakMoment peak_moment(const trace::Trace& trace) {
  const ring::LiveHeader& header = trace.header.live;
  PeakMoment peak;
  peak.t_s = static_cast<double>(header.peak_us) / 1e6;
  peak.bytes = static_cast<double>(header.peak_live_bytes);
  // Nothing was freed since: what lives now is what lived then.
  const bool now = header.live_bytes == header.peak_live_bytes && header.lost.live_table_full == 0;
  peak.exact = now && is_exact(trace);
  const BlockSum none(trace.header);
  for (const SiteGroup& group : group_sites(trace)) {
    if (group.mapping) continue;
    double bytes = 0;
    if (now) {
      bytes = live_at(trace, group, trace.end_us(), none).value;
    } else if (group.peak_us == header.peak_us && group.sites.size() == 1) {
      bytes = group.peak_bytes;
    } else {
      const LiveCurve curve(trace, group);
      bytes = curve.measured() > 0 ? curve.between(static_cast<double>(header.peak_us))
                                   : live_at(trace, group, header.peak_us, none).value;
      bytes = std::min(bytes, group.peak_bytes);
    }
    if (!(bytes > 0)) continue;
    peak.told_bytes += bytes;
    peak.shares.push_back({group.stack, bytes});
  }
  std::stable_sort(peak.shares.begin(), peak.shares.end(),
                   [](const PeakShare& a, const PeakShare& b) { return a.bytes > b.bytes; });
  return peak;
}

std::vector<PoolCandidate> pool_candidates(const trace::Trace& trace, const MemoryReport& memory) {
  constexpr double kFewest = 1000, kLeastShare = 0.01, kMostlyShort = 0.9;
  constexpr size_t kMillisecond = 10;  // bucket of 2^10 us
  std::vector<PoolCandidate> list;
  double all = 0;
  for (const MemorySite& site : memory.sites) all += site.allocations.value;
  for (const MemorySite& site : memory.sites) {
    if (site.allocations.value < std::max(kFewest, kLeastShare * all)) continue;
    uint64_t short_lived = 0, freed = 0;
    trace::Lifetimes::Counts deaths{};
    for (const uint32_t index : site.sites) trace.sites[index].lifetimes.add_to(deaths);
    for (size_t k = 0; k < deaths.size(); ++k) {
      freed += deaths[k];
      short_lived += k < kMillisecond ? deaths[k] : 0;
    }
    if (freed < 5) continue;
    const double share = static_cast<double>(short_lived) / static_cast<double>(freed);
    if (share < kMostlyShort) continue;
    const double per_s = memory.run_s > 0 ? site.allocations.value / memory.run_s : 0;
    list.push_back({site.stack, site.allocations.value, per_s, site.mean_size_bytes, share,
                    site.allocations.value * share * kSecondsPerPair});
  }
  std::stable_sort(list.begin(), list.end(), [](const PoolCandidate& a, const PoolCandidate& b) {
    return a.saved_s > b.saved_s;
  });
  return list;
}

std::vector<MemoryGroup> group_memory(const trace::Trace& trace, const MemoryReport& memory,
                                      const Resolver& resolver, GroupBy by, MemoryOrder order) {
  std::vector<MemoryGroup> groups;
  if (by == GroupBy::kThread) {
    groups = group_by_thread(trace, memory);
  } else {
    std::unordered_map<std::string, size_t> index;
    for (const MemorySite& site : memory.sites) {
      const std::string name = group_name(resolver.resolve(site.stack), by);
      const auto [entry, is_new] = index.try_emplace(name, groups.size());
      if (is_new) groups.push_back({name, {}, {}, {}, {}, 0, 0, 0});
      MemoryGroup& group = groups[entry->second];
      group.live_bytes = group.live_bytes + site.live_bytes;
      group.live_count = group.live_count + site.live_count;
      group.allocated_bytes = group.allocated_bytes + site.allocated_bytes;
      group.allocations = group.allocations + site.allocations;
      group.peak_bytes += site.peak_bytes;
      group.temporary += site.temporary;
      ++group.stacks;
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [order](const MemoryGroup& a, const MemoryGroup& b) {
                     return value_of_group(a, order) > value_of_group(b, order);
                   });
  return groups;
}

}  // namespace dbgtrace::reader::analysis
