// SPDX-License-Identifier: Apache-2.0
// The documents of leaks, memory and info, key by key.
#include <algorithm>
#include <cmath>

#include "reader/output/json_reports.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/whole.hpp"

namespace dbgtrace::reader::output {
namespace {

// "bytes": value, and where it is an estimate "bytes_interval": [low, high].
void add_estimate(Json& json, const std::string& key, const analysis::Estimate& estimate) {
  json[key] = whole(estimate.value);
  if (!estimate.exact()) json[key + "_interval"] = {whole(estimate.low), whole(estimate.high)};
}

Json leak_figures(const analysis::Leak& leak, const analysis::Resolver& resolver) {
  Json json = {{"class", name_of(leak.verdict.leak_class)},
               {"severity", name_of(leak.severity)},
               {"confidence", std::round(leak.verdict.confidence * 1000) / 1000}};
  add_estimate(json, "bytes", leak.bytes);
  add_estimate(json, "count", leak.count);
  json["samples"] = leak.bytes.samples;
  if (leak.torn_down > 0) json["torn_down"] = leak.torn_down;
  if (leak.growth) {
    json["growth_bytes_per_s"] = leak.growth->bytes_per_s;
    json["growth_interval"] = {leak.growth->low, leak.growth->high};
  }
  json["oldest_age_s"] = leak.oldest_age_s;
  json["birth_cohorts"] = leak.survival.cohorts;
  json["old_age_s"] = static_cast<double>(leak.survival.old_us) / 1e6;
  json["reached_old_age"] = leak.survival.living_old + leak.survival.died_old;
  json["died_old"] = leak.survival.died_old;
  if (leak.verdict.by_realloc) json["by_realloc"] = true;
  if (leak.verdict.freed_at_exit) json["freed_at_exit"] = true;
  if (leak.unfreed_bytes) json["unfreed_bytes"] = whole(leak.unfreed_bytes->value);
  if (leak.unfreed_count) json["unfreed_count"] = whole(leak.unfreed_count->value);
  if (leak.verdict.leak_class == analysis::LeakClass::kUnfreedAtExit) {
    json["behaviour"] = name_of(leak.verdict.behaviour);
  }
  for (const analysis::FixHint& hint : leak.hints) {
    json["hints"].push_back({{"pattern", name_of(hint.pattern)},
                             {"samples", hint.samples},
                             {"freed", hint.freed},
                             {"text", hint_text(hint, resolver)}});
  }
  return json;
}

Json site_figures(const analysis::MemorySite& site, bool only_live) {
  Json json = Json::object();
  add_estimate(json, "live_bytes", site.live_bytes);
  add_estimate(json, "live_count", site.live_count);
  if (only_live) {
    json["samples"] = site.live_bytes.samples;
    return json;
  }
  json["peak_bytes"] = whole(site.peak_bytes);
  add_estimate(json, "allocated_bytes", site.allocated_bytes);
  add_estimate(json, "allocations", site.allocations);
  json["temporary"] = whole(site.temporary);
  json["samples"] = site.allocations.samples;
  return json;
}

const char* cause_key(uint32_t cause) {
  switch (static_cast<ring::IntervalCause>(cause)) {
    case ring::IntervalCause::kTable:
      return "live-blocks";
    case ring::IntervalCause::kBudget:
      return "budget";
  }
  return "unknown";
}

size_t limited(size_t count, size_t max_entries) {
  return max_entries == 0 ? count : std::min(count, max_entries);
}

}  // namespace

void write_leaks(JsonWriter& writer, const analysis::LeakReport& report, const trace::Trace& trace,
                 const analysis::Resolver& resolver, size_t max_entries,
                 const std::vector<analysis::Suppressed>& suppressed) {
  Json json = json_document("leaks", trace.path);
  json["exact"] = report.exact;
  json["interval"] = report.interval_bytes;
  json["run_s"] = report.run_s;
  add_estimate(json, "live_bytes", report.live_bytes);
  add_estimate(json, "live_count", report.live_count);
  if (report.torn_down_bytes.samples > 0) {
    add_estimate(json, "torn_down_bytes", report.torn_down_bytes);
  }
  json["growing"] = report.growing();
  json["in_use"] = {{"sites", report.in_use_sites}, {"bytes", whole(report.in_use_bytes)}};
  writer.members(json);
  writer.begin_list("leaks");
  for (size_t i = 0; i < limited(report.leaks.size(), max_entries) && writer.open(); ++i) {
    const analysis::Leak& leak = report.leaks[i];
    writer.begin_object();
    writer.members(leak_figures(leak, resolver));
    writer.stack(resolver.resolve(leak.stack));
    writer.member("priority", i + 1);
    writer.end();
  }
  writer.end();
  writer.begin_list("suppressed");
  for (const analysis::Suppressed& one : suppressed) {
    writer.item({{"pattern", one.by.pattern},
                 {"built_in", one.by.built_in},
                 {"leaks", one.leaks},
                 {"bytes", whole(one.bytes)},
                 {"count", whole(one.count)}});
  }
  writer.end();
  write_losses(writer, trace);
}

void write_memory(JsonWriter& writer, const analysis::MemoryReport& report,
                  const trace::Trace& trace, const analysis::Resolver& resolver,
                  size_t max_entries) {
  Json json = json_document("memory", trace.path);
  json["exact"] = report.exact;
  json["interval"] = report.interval_bytes;
  json["run_s"] = report.run_s;
  Json totals = Json::object();
  add_estimate(totals, "live_bytes", report.live_bytes);
  add_estimate(totals, "live_count", report.live_count);
  totals["peak_bytes"] = whole(report.peak_bytes);
  totals["peak_t"] = report.peak_s;
  add_estimate(totals, "allocated_bytes", report.allocated_bytes);
  add_estimate(totals, "allocations", report.allocations);
  add_estimate(totals, "mapped_bytes", report.mapped_bytes);
  if (report.torn_down_bytes.samples > 0) {
    add_estimate(totals, "torn_down_bytes", report.torn_down_bytes);
  }
  json["totals"] = std::move(totals);
  writer.members(json);
  writer.begin_list("sites");
  for (size_t i = 0; i < limited(report.sites.size(), max_entries) && writer.open(); ++i) {
    writer.begin_object();
    writer.members(site_figures(report.sites[i], report.only_live));
    writer.stack(resolver.resolve(report.sites[i].stack));
    writer.end();
  }
  writer.end();
  writer.begin_list("timeline");
  for (const analysis::TimelinePoint& point : report.timeline) {
    Json item = {{"t", point.t_s}, {"live_bytes", whole(point.live_bytes)}};
    if (point.rss_bytes > 0) item["rss_bytes"] = whole(point.rss_bytes);
    writer.item(item);
  }
  writer.end();
  write_losses(writer, trace);
}

Json json_info(const analysis::RecordingInfo& info, const trace::Trace& trace) {
  Json json = json_document("info", trace.path);
  json["pid"] = info.pid;
  if (info.parent_pid != 0) json["parent_pid"] = info.parent_pid;
  json["exe"] = info.exe;
  json["cmdline"] = info.cmdline;
  json["host"] = info.host;
  json["start_unix"] = info.start_unix;
  json["end_unix"] = info.end_unix;
  json["state"] = json_state(info.state);
  json["interval"] = info.interval_bytes;
  json["base_interval"] = info.base_interval_bytes;
  json["exact"] = info.exact;
  if (info.exact_until_s > 0) json["exact_until"] = info.exact_until_s;
  json["exact_totals"] = info.exact_totals;
  json["interval_history"] = Json::array();
  for (const trace::IntervalChange& change : info.interval_changes) {
    json["interval_history"].push_back({{"t", static_cast<double>(change.time_us) / 1e6},
                                        {"interval", change.interval_bytes},
                                        {"cause", cause_key(change.cause)}});
  }
  json["samples"] = info.samples;
  json["frees"] = info.frees;
  json["live"] = info.live;
  json["mappings"] = info.mappings;
  if (info.torn_down > 0) json["torn_down"] = info.torn_down;
  json["sites"] = info.sites;
  json["stacks"] = info.stacks;
  json["modules"] = info.modules;
  json["threads"] = info.threads;
  json["own_malloc"] = info.own_malloc;
  json["sandboxed"] = info.sandboxed;
  add_losses(json, trace);
  json["gap_bytes"] = info.gap_bytes;
  json["torn_events"] = info.torn_events;
  json["file_bytes"] = info.file_bytes;
  json["disk_bytes"] = info.disk_bytes;
  json["recorder"] = {{"cpu_s", info.recorder_cpu_s},
                      {"rss_bytes", info.recorder_rss_bytes},
                      {"entries", info.recorder_entries},
                      {"io_bytes", info.disk_bytes},
                      {"system_calls", info.recorder_system_calls}};
  if (info.process_cpu_s > 0) json["recorder"]["of_cpu_s"] = info.process_cpu_s;
  return json;
}

}  // namespace dbgtrace::reader::output
