// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "reader/output/memory_details.hpp"
#include "reader/output/whole.hpp"

namespace dbgtrace::reader::output {
namespace {

Json buckets_json(const std::vector<analysis::Bucket>& buckets, const char* unit) {
  Json list = Json::array();
  for (const analysis::Bucket& bucket : buckets) {
    Json item = {{std::string("from_") + unit, bucket.from},
                 {std::string("to_") + unit, bucket.to},
                 {"count", whole(bucket.count)}};
    if (bucket.bytes > 0) item["total_bytes"] = whole(bucket.bytes);
    list.push_back(std::move(item));
  }
  return list;
}

Json residency_json(const analysis::Residency& residency) {
  return {{"t", residency.t_s},
          {"rss_bytes", whole(residency.rss_bytes)},
          {"live_bytes", whole(residency.live_bytes)},
          {"beside_bytes", whole(residency.beside_bytes())}};
}

size_t limited(size_t count, size_t max_entries) {
  return max_entries == 0 ? count : std::min(count, max_entries);
}

}  // namespace

void write_memory_details(JsonWriter& writer, const MemoryDetails& details,
                          const analysis::Resolver& resolver, size_t max_entries) {
  const analysis::GrowthPattern& g = details.growth;
  Json document = Json::object();
  document["growth"] = {{"trend", name_of(g.trend)}, {"peak_bytes", whole(g.peak_bytes)}};
  if (g.trend != analysis::Trend::kUnknown) {
    document["growth"]["bytes_per_s"] = g.bytes_per_s;
    document["growth"]["bytes_per_s_interval"] = {g.low, g.high};
    document["growth"]["baseline_bytes"] = whole(g.baseline_bytes);
    document["growth"]["volatility"] = g.volatility;
  }
  if (details.fragmentation) {
    document["resident"] = {{"at_end", residency_json(details.fragmentation->at_end)},
                            {"at_peak", residency_json(details.fragmentation->at_peak)},
                            {"kept_bytes", whole(details.fragmentation->kept_bytes)}};
  }
  writer.members(document);
  writer.begin_object("peak");
  writer.members({{"t", details.peak.t_s},
                  {"bytes", whole(details.peak.bytes)},
                  {"told_bytes", whole(details.peak.told_bytes)},
                  {"exact", details.peak.exact}});
  writer.begin_list("sites");
  for (size_t i = 0; i < limited(details.peak.shares.size(), max_entries) && writer.open(); ++i) {
    writer.begin_object();
    writer.member("bytes", whole(details.peak.shares[i].bytes));
    writer.stack(resolver.resolve(details.peak.shares[i].stack));
    writer.end();
  }
  writer.end();
  writer.end();
  writer.begin_list("pools");
  for (size_t i = 0; i < limited(details.pools.size(), max_entries) && writer.open(); ++i) {
    const analysis::PoolCandidate& pool = details.pools[i];
    writer.begin_object();
    writer.members({{"allocations", whole(pool.allocations)},
                    {"allocations_per_s", pool.per_s},
                    {"mean_bytes", whole(pool.mean_size_bytes)},
                    {"short_lived_share", pool.short_share},
                    {"saved_cpu_s", pool.saved_s}});
    writer.stack(resolver.resolve(pool.stack));
    writer.end();
  }
  writer.end();
  writer.member("histograms",
                {{"live_sizes", buckets_json(details.histograms.live_sizes, "bytes")},
                 {"allocated_sizes", buckets_json(details.histograms.allocated_sizes, "bytes")},
                 {"lifetimes", buckets_json(details.histograms.lifetimes_s, "s")}});
}

void write_memory_groups(JsonWriter& writer, const std::vector<analysis::MemoryGroup>& groups,
                         bool only_live, size_t max_entries) {
  writer.begin_list("groups");
  for (size_t i = 0; i < limited(groups.size(), max_entries); ++i) {
    const analysis::MemoryGroup& group = groups[i];
    Json item = {{"name", group.name},
                 {"live_bytes", whole(group.live_bytes.value)},
                 {"live_count", whole(group.live_count.value)}};
    if (!only_live) {
      if (group.stacks > 0) item["peak_bytes"] = whole(group.peak_bytes);
      item["allocated_bytes"] = whole(group.allocated_bytes.value);
      item["allocations"] = whole(group.allocations.value);
      if (group.stacks > 0) item["temporary"] = whole(group.temporary);
    }
    if (group.stacks > 0) item["stacks"] = group.stacks;
    writer.item(item);
  }
  writer.end();
}

}  // namespace dbgtrace::reader::output
