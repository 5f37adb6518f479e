// SPDX-License-Identifier: Apache-2.0
#include "reader/output/dump.hpp"

namespace dbgtrace::reader::output {
namespace {

double seconds(uint64_t time_us) { return static_cast<double>(time_us) / 1e6; }

void add_details(Json& record, const trace::Event& event) {
  switch (event.kind) {
    case ring::EventKind::kSample:
    case ring::EventKind::kFree:
    case ring::EventKind::kResize:
      record["address"] = hex(event.a & ring::kAddressMask);
      record["bytes"] = event.b & ring::kSizeMask;
      record["weight"] = event.weight;
      record["site"] = event.b >> 40;
      break;
    case ring::EventKind::kModuleLoad:
    case ring::EventKind::kModuleUnload:
      record["module"] = event.a;
      break;
    case ring::EventKind::kInterval:
      record["interval"] = event.a;
      break;
    case ring::EventKind::kMetrics:
      record["rss_bytes"] = event.a;
      record["live_bytes"] = event.b;
      break;
    case ring::EventKind::kMark:
      record["code"] = event.a;
      break;
    default:
      break;
  }
}

uint32_t tid_of(const trace::Trace& trace, uint32_t thread) {
  return thread < trace.threads.size() ? trace.threads[thread].tid : 0;
}

}  // namespace

Json dump_json(const trace::Trace& trace, const DumpParts& parts) {
  Json document = json_document("dump", trace.path);
  Json records = Json::array();
  for (size_t i = 0; parts.events && i < trace.events.size(); ++i) {
    const trace::Event& event = trace.events[i];
    Json record = {{"kind", name_of(event.kind)},
                   {"t", seconds(event.time_us)},
                   {"thread", tid_of(trace, event.thread)}};
    add_details(record, event);
    records.push_back(std::move(record));
  }
  for (size_t i = 0; parts.live && i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    records.push_back({{"kind", "live"},
                       {"t", seconds(block.birth_us)},
                       {"thread", tid_of(trace, block.thread)},
                       {"address", hex(block.address)},
                       {"bytes", block.size_bytes},
                       {"weight", block.weight},
                       {"site", trace.sites[block.site].id}});
  }
  for (size_t i = 0; parts.freed && i < trace.freed.size(); ++i) {
    const trace::FreedBlock& block = trace.freed[i];
    records.push_back({{"kind", "freed"},
                       {"t", seconds(block.free_us)},
                       {"birth_t", seconds(block.birth_us)},
                       {"thread", tid_of(trace, block.thread)},
                       {"address", hex(block.address)},
                       {"bytes", block.size_bytes},
                       {"weight", block.weight},
                       {"site", trace.sites[block.site].id},
                       {"free_site", trace.sites[block.free_site].id}});
  }
  document["records"] = std::move(records);
  add_losses(document, trace);
  return document;
}

}  // namespace dbgtrace::reader::output
