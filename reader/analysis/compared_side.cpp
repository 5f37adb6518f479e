// SPDX-License-Identifier: Apache-2.0
// From a recording to one side of a comparison.
#include <algorithm>

#include "reader/analysis/comparison.hpp"
#include "reader/analysis/leaks.hpp"
#include "reader/analysis/live_curve.hpp"
#include "reader/analysis/memory.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr double kVeryLikely = 0.9;

ComparedSide new_side(const trace::Trace& trace) {
  ComparedSide side;
  side.file = trace.path;
  side.run_s = side.at_s = static_cast<double>(trace.end_us()) / 1e6;
  side.interval_bytes = trace.header.live.interval_bytes;
  side.exact = is_exact(trace);
  side.ended_itself = trace.header.live.state == static_cast<uint32_t>(ring::State::kExited);
  return side;
}

ComparedSite& site_for(ComparedSide& side, const Resolver& resolver, GroupBy by, uint32_t stack,
                       double bytes) {
  const ResolvedStack resolved = resolver.resolve(stack);
  const std::string name = group_name(resolved, by == GroupBy::kStack ? GroupBy::kFunction : by);
  ComparedSite& site = side.sites[by == GroupBy::kStack ? stack_key(resolved) : name_key(name)];
  if (site.name.empty() || bytes > site.largest_bytes) {
    site.stack = stack;
    site.largest_bytes = bytes;
  }
  site.name = name;
  return site;
}

// A peak is a part of what was allocated, and as uncertain.
Estimate peak_of(const MemorySite& site) {
  const double allocated = site.allocated_bytes.value;
  const double part = allocated > 0 ? std::min(1.0, site.peak_bytes / allocated) : 0;
  return estimate_from(site.peak_bytes, site.allocated_bytes.variance * part,
                       static_cast<uint64_t>(part * static_cast<double>(site.allocations.samples)),
                       0);
}

Estimate& at(Quantities& quantities, Measure measure) {
  return quantities[static_cast<size_t>(measure)];
}

}  // namespace

const char* name_of(Measure measure) {
  switch (measure) {
    case Measure::kLive:
      return "live_bytes";
    case Measure::kPeak:
      return "peak_bytes";
    case Measure::kAllocated:
      return "allocated_bytes";
    case Measure::kAllocations:
      return "allocations";
  }
  return "";
}

ComparedSide side_of(const trace::Trace& trace, const Resolver& resolver, GroupBy by) {
  ComparedSide side = new_side(trace);
  const MemoryReport memory = measure_memory(trace, MemoryOrder::kLive);
  for (const MemorySite& from : memory.sites) {
    ComparedSite& site = site_for(side, resolver, by, from.stack, from.allocated_bytes.value);
    const Quantities add = {from.live_bytes, peak_of(from), from.allocated_bytes, from.allocations};
    for (size_t i = 0; i < kMeasures; ++i) {
      site.quantities[i] = site.quantities[i] + add[i];
      side.totals[i] = side.totals[i] + add[i];
    }
  }
  // The process has one peak, where those of its call stacks lie at different times.
  Estimate& peak = at(side.totals, Measure::kPeak);
  const double part = peak.value > 0 ? memory.peak_bytes / peak.value : 0;
  peak = estimate_from(memory.peak_bytes, peak.variance * part, peak.samples, 0);
  for (const Leak& leak : find_leaks(trace).leaks) {
    if (leak.verdict.leak_class != LeakClass::kGrowing || !leak.growth) continue;
    if (leak.verdict.confidence < kVeryLikely) continue;
    site_for(side, resolver, by, leak.stack, 0).leaking_bytes_per_s += leak.growth->bytes_per_s;
  }
  return side;
}

ComparedSide side_at(const trace::Trace& trace, const Resolver& resolver, GroupBy by,
                     uint64_t time_us) {
  ComparedSide side = new_side(trace);
  side.at_s = static_cast<double>(time_us) / 1e6;
  side.moment = true;
  const BlockSum none(trace.header);
  for (const SiteGroup& group : group_sites(trace)) {
    if (group.mapping) continue;
    const Estimate live = live_at(trace, group, time_us, none);
    if (!(live.value > 0)) continue;
    ComparedSite& site = site_for(side, resolver, by, group.stack, live.value);
    at(site.quantities, Measure::kLive) = at(site.quantities, Measure::kLive) + live;
    at(side.totals, Measure::kLive) = at(side.totals, Measure::kLive) + live;
  }
  return side;
}

}  // namespace dbgtrace::reader::analysis
