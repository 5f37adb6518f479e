// SPDX-License-Identifier: Apache-2.0
#include "reader/output/dump.hpp"
#include "reader/output/json_writer.hpp"

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

void dump_json(Sink& sink, const trace::Trace& trace, trace::EventStream* events,
               const DumpParts& parts) {
  JsonWriter writer(sink);
  writer.members(json_document("dump", trace.path));
  write_losses(writer, trace);
  writer.begin_list("records");
  for (trace::Event event; events != nullptr && writer.open() && events->next(event);) {
    Json record = {{"kind", name_of(event.kind)},
                   {"t", seconds(event.time_us)},
                   {"thread", tid_of(trace, event.thread)}};
    add_details(record, event);
    writer.item_in_a_line(record);
  }
  for (size_t i = 0; parts.live && writer.open() && i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    writer.item_in_a_line({{"kind", "live"},
                           {"t", seconds(block.birth_us)},
                           {"thread", tid_of(trace, block.thread)},
                           {"address", hex(block.address)},
                           {"bytes", block.size_bytes},
                           {"weight", block.weight},
                           {"site", trace.sites[block.site].id},
                           {"state", name_of(block.state)}});
  }
  for (size_t i = 0; parts.freed && writer.open() && i < trace.freed.size(); ++i) {
    const trace::FreedBlock& block = trace.freed[i];
    writer.item_in_a_line({{"kind", "freed"},
                           {"t", seconds(block.free_us)},
                           {"birth_t", seconds(block.birth_us)},
                           {"thread", tid_of(trace, block.thread)},
                           {"address", hex(block.address)},
                           {"bytes", block.size_bytes},
                           {"weight", block.weight},
                           {"site", trace.sites[block.site].id},
                           {"free_site", trace.sites[block.free_site].id}});
  }
  writer.finish();
}

}  // namespace dbgtrace::reader::output
