// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory.hpp"

#include <algorithm>
#include <utility>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/site_groups.hpp"

namespace dbgtrace::reader::analysis {
namespace {

MemorySite measure(const trace::Trace& trace, const SiteGroup& group, BlockSum living) {
  MemorySite site;
  for (const uint32_t index : group.blocks) living.add(trace.live[index]);
  site.live_bytes = living.bytes();
  site.live_count = living.count();
  // With the table of living blocks full, the site's own balance is the only complete one.
  if (trace.header.live.lost.live_table_full > 0 && group.live_bytes > site.live_bytes.value) {
    site.live_bytes = estimate_from(group.live_bytes, group.births.bytes_variance, 0, 0);
  }
  site.allocated_bytes = allocated_bytes_of(group.births);
  site.allocations = allocations_of(group.births);
  site.peak_bytes = std::max(group.peak_bytes, site.live_bytes.value);
  const double births = static_cast<double>(std::max<uint64_t>(1, group.births.hits));
  site.temporary = site.allocations.value * static_cast<double>(group.temporary) / births;
  if (site.allocations.value > 0) {
    site.mean_size_bytes = site.allocated_bytes.value / site.allocations.value;
  }
  site.stack = group.stack;
  return site;
}

// Largest first, the first site breaks ties. Keys are sorted: to move a site around takes long.
void sort_sites(std::vector<MemorySite>& sites, MemoryOrder order) {
  struct Key {
    double value;
    uint32_t first_site, index;
  };
  std::vector<Key> keys;
  keys.reserve(sites.size());
  for (const MemorySite& site : sites) {
    keys.push_back({value_of(site, order), site.sites.front(), static_cast<uint32_t>(keys.size())});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.value != b.value ? a.value > b.value : a.first_site < b.first_site;
  });
  for (uint32_t place = 0; place < keys.size(); ++place) {
    uint32_t& from = keys[place].index;
    while (from < place) from = keys[from].index;  // where that site was moved to
    if (from != place) std::swap(sites[place], sites[from]);
  }
}

}  // namespace

double value_of(const MemorySite& site, MemoryOrder order) {
  switch (order) {
    case MemoryOrder::kLive:
      return site.live_bytes.value;
    case MemoryOrder::kPeak:
      return site.peak_bytes;
    case MemoryOrder::kAllocated:
      return site.allocated_bytes.value;
    case MemoryOrder::kTemporary:
      return site.temporary;
    case MemoryOrder::kLiveCount:
      return site.live_count.value;
    case MemoryOrder::kAllocations:
      return site.allocations.value;
  }
  return 0;
}

MemoryReport measure_memory(const trace::Trace& trace, MemoryOrder order) {
  MemoryReport report;
  const ring::LiveHeader& header = trace.header.live;
  const BlockSum none(trace.header);
  BlockSum heap = none, mapped = none, torn_down = none;
  for (const trace::LiveBlock& block : trace.live) {
    (block.mapping ? mapped : heap).add(block);
    if (!block.mapping && block.torn_down()) torn_down.add(block);
  }
  std::vector<SiteGroup> groups = group_sites(trace);
  report.sites.reserve(groups.size());
  for (SiteGroup& group : groups) {
    if (group.mapping || (group.births.hits == 0 && group.blocks.empty())) continue;
    report.sites.push_back(measure(trace, group, none));
    report.sites.back().sites = std::move(group.sites);
  }
  sort_sites(report.sites, order);
  report.live_bytes = heap.bytes();
  report.live_count = heap.count();
  if (header.lost.live_table_full > 0 &&
      static_cast<double>(header.live_bytes) > report.live_bytes.value) {
    report.live_bytes =
        estimate_from(static_cast<double>(header.live_bytes), trace.births.bytes_variance, 0, 0);
  }
  report.mapped_bytes = mapped.bytes();
  report.torn_down_bytes = torn_down.bytes();
  report.allocated_bytes = allocated_bytes_of(trace.births);
  report.allocations = allocations_of(trace.births);
  report.peak_bytes =
      std::max(static_cast<double>(header.peak_live_bytes), report.live_bytes.value);
  report.peak_s = static_cast<double>(header.peak_us) / 1e6;
  for (const ring::SeriesPoint& point : trace.series) {
    report.timeline.push_back(
        {static_cast<double>(point.time_us) / 1e6, static_cast<double>(point.live_bytes),
         static_cast<double>(point.rss_bytes), static_cast<double>(point.allocated_bytes)});
  }
  report.run_s = static_cast<double>(trace.end_us()) / 1e6;
  report.interval_bytes = header.interval_bytes;
  report.exact = is_exact(trace) && !is_cut(trace);
  report.cut = is_cut(trace);
  return report;
}

std::optional<MemoryOrder> memory_order(const std::string& name) {
  if (name == "live") return MemoryOrder::kLive;
  if (name == "peak") return MemoryOrder::kPeak;
  if (name == "allocated") return MemoryOrder::kAllocated;
  if (name == "temporary") return MemoryOrder::kTemporary;
  if (name == "blocks") return MemoryOrder::kLiveCount;
  if (name == "allocations") return MemoryOrder::kAllocations;
  return std::nullopt;
}

}  // namespace dbgtrace::reader::analysis
