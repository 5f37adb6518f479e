// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "reader/analysis/losses.hpp"
#include "reader/analysis/recording_info.hpp"
#include "reader/output/dump.hpp"
#include "reader/output/printable.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::output {
namespace {

template <typename... Args>
void put(Sink& sink, fmt::format_string<Args...> format, Args&&... args) {
  fmt::memory_buffer line;
  fmt::format_to(std::back_inserter(line), format, std::forward<Args>(args)...);
  line.push_back('\n');
  sink.write({line.data(), line.size()});
}

double seconds(uint64_t time_us) { return static_cast<double>(time_us) / 1e6; }

void put_header(Sink& sink, const trace::Trace& trace) {
  const ring::Header& header = trace.header;
  const ring::LiveHeader& live = header.live;
  put(sink, "header file_bytes={} version={} salt={:#x} pid={} parent={} uid={}", trace.file_bytes,
      header.version, header.salt, header.pid, header.parent_pid, header.uid);
  put(sink, "header start_unix_ns={} start_monotonic_ns={} start_ticks={} pid_namespace={}",
      header.start_unix_ns, header.start_monotonic_ns, header.process_start_ticks,
      header.pid_namespace);
  put(sink, "header exe={} host={}", printable(header.exe), printable(header.host));
  for (const std::string& word : analysis::command_line(header)) {
    put(sink, "argument {}", printable(word));
  }
  put(sink, "state state={} exit_code={} end={:.6f} last={:.6f} flags={:#x} sandboxed={}",
      live.state, live.exit_code, seconds(live.end_us), seconds(live.last_us), live.flags,
      live.sandboxed);
  put(sink, "interval base={} now={} exact_until_us={}", header.base_interval_bytes,
      live.interval_bytes, live.exact_until_us);
  for (const trace::IntervalChange& change : trace.interval_changes) {
    put(sink, "interval-change t={:.6f} bytes={} cause={}", seconds(change.time_us),
        change.interval_bytes, change.cause);
  }
  put(sink, "births hits={} weight_q15={} bytes={}", trace.births.hits, trace.births.weight_q15,
      trace.births.bytes);
  put(sink, "deaths hits={} weight_q15={} bytes={}", trace.deaths.hits, trace.deaths.weight_q15,
      trace.deaths.bytes);
  put(sink, "heap live_bytes={} peak_bytes={} peak={:.6f} inherited_frees={}", live.live_bytes,
      live.peak_live_bytes, seconds(live.peak_us), live.inherited_frees);
  put(sink, "recorder cycles={} elapsed_cycles={} entries={}", live.recorder_cycles,
      live.elapsed_cycles, live.recorder_entries);
  for (const analysis::Loss& loss : analysis::losses_of(live.lost)) {
    put(sink, "lost {}={}", loss.key, loss.count);
  }
}

void put_tables(Sink& sink, const trace::Trace& trace, const DumpParts& parts) {
  for (size_t i = 0; parts.modules && i < trace.modules.size(); ++i) {
    const trace::Module& module = trace.modules[i];
    put(sink,
        "module index={} start={:#x} end={:#x} bias={:#x} load={:.6f} unload={:.6f} "
        "build_id={} path={}",
        i, module.start, module.end, module.bias, seconds(module.load_us),
        seconds(module.unload_us), module.build_id, printable(module.path));
  }
  for (size_t i = 0; parts.threads && i < trace.threads.size(); ++i) {
    const trace::Thread& thread = trace.threads[i];
    put(sink, "thread index={} tid={} samples={} bytes={} frees={} start={:.6f} end={:.6f} name={}",
        i, thread.tid, thread.births, thread.birth_bytes, thread.deaths, seconds(thread.start_us),
        seconds(thread.end_us), printable(thread.name));
  }
  for (size_t i = 0; parts.stacks && i < trace.stacks.size(); ++i) {
    const trace::Stack stack = trace.stacks[i];
    put(sink, "stack index={} time={:.6f} omitted={} truncated={} exact_leaf={} pcs={:#x}", i,
        seconds(stack.time_us), stack.omitted_frames, stack.truncated, stack.exact_leaf,
        fmt::join(stack.pcs, ","));
  }
  for (size_t i = 0; parts.sites && i < trace.sites.size(); ++i) {
    const trace::Site& site = trace.sites[i];
    put(sink,
        "site id={} kind={} stack={} first={:.6f} births={} birth_bytes={} "
        "deaths={} death_bytes={} temporary={} live_bytes={} peak_bytes={} peak={:.6f}",
        site.id,
        site.mapping   ? "mapping"
        : site.freeing ? "freeing"
                       : "heap",
        site.stack, seconds(site.first_us), site.births.hits, site.births.bytes, site.deaths.hits,
        site.deaths.bytes, site.temporary, site.live_bytes, site.peak_live_bytes,
        seconds(site.peak_us));
    for (const ring::HistoryPoint& point : site.series) {
      put(sink, "site-point site={} t={:.1f} live_hits={} live_bytes={}", site.id,
          point.time_ds / 10.0, point.live_hits, point.live_bytes);
    }
  }
  for (size_t i = 0; parts.series && i < trace.series.size(); ++i) {
    const ring::SeriesPoint& point = trace.series[i];
    put(sink, "series t={:.6f} live_bytes={} rss_bytes={} allocated_bytes={} peak_bytes={}",
        seconds(point.time_us), point.live_bytes, point.rss_bytes, point.allocated_bytes,
        point.peak_live_bytes);
  }
}

void put_event(Sink& sink, const trace::Event& event) {
  const char* kind = name_of(event.kind);
  const double t = seconds(event.time_us);
  switch (event.kind) {
    case ring::EventKind::kSample:
    case ring::EventKind::kFree:
    case ring::EventKind::kResize:
      put(sink, "event kind={} t={:.6f} block={} thread={} addr={:#x} size={} weight={:g} site={}",
          kind, t, event.sequence, event.thread, event.a & ring::kAddressMask,
          event.b & ring::kSizeMask, event.weight, event.b >> 40);
      break;
    default:
      put(sink, "event kind={} t={:.6f} block={} thread={} a={:#x} b={:#x} extra={}", kind, t,
          event.sequence, event.thread, event.a, event.b, event.extra);
  }
}

}  // namespace

const char* name_of(ring::EventKind kind) {
  switch (kind) {
    case ring::EventKind::kNone:
      return "none";
    case ring::EventKind::kSample:
      return "sample";
    case ring::EventKind::kFree:
      return "free";
    case ring::EventKind::kResize:
      return "resize";
    case ring::EventKind::kThreadStart:
      return "thread-start";
    case ring::EventKind::kThreadEnd:
      return "thread-end";
    case ring::EventKind::kModuleLoad:
      return "module-load";
    case ring::EventKind::kModuleUnload:
      return "module-unload";
    case ring::EventKind::kInterval:
      return "interval";
    case ring::EventKind::kMetrics:
      return "metrics";
    case ring::EventKind::kMark:
      return "mark";
  }
  return "unknown";
}

const char* name_of(ring::LiveState state) {
  switch (state) {
    case ring::LiveState::kTornDown:
      return "torn-down";
    case ring::LiveState::kHeld:
      return "held";
    case ring::LiveState::kMoving:
      return "moving";
    case ring::LiveState::kMapped:
      return "mapped";
  }
  return "unknown";
}

void dump_text(Sink& sink, const trace::Trace& trace, trace::EventStream* events,
               const DumpParts& parts) {
  if (parts.header) put_header(sink, trace);
  put_tables(sink, trace, parts);
  for (trace::Event event; events != nullptr && sink.open() && events->next(event);) {
    put_event(sink, event);
  }
  for (size_t i = 0; parts.live && sink.open() && i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    const bool held = block.state == ring::LiveState::kHeld;
    put(sink, "live addr={:#x} size={} weight={:g} birth={:.6f} thread={} site={}{}{}",
        block.address, block.size_bytes, block.weight, seconds(block.birth_us), block.thread,
        trace.sites[block.site].id, held ? "" : " ", held ? "" : name_of(block.state));
  }
  for (size_t i = 0; parts.freed && sink.open() && i < trace.freed.size(); ++i) {
    const trace::FreedBlock& block = trace.freed[i];
    put(sink,
        "freed addr={:#x} size={} weight={:g} birth={:.6f} free={:.6f} thread={} site={} "
        "free_site={}",
        block.address, block.size_bytes, block.weight, seconds(block.birth_us),
        seconds(block.free_us), block.thread, trace.sites[block.site].id,
        trace.sites[block.free_site].id);
  }
  for (const trace::Damage& damage : trace.damages) {
    put(sink, "damage offset={:#x} bytes={} what={}", damage.offset_bytes, damage.size_bytes,
        printable(damage.what));
  }
}

}  // namespace dbgtrace::reader::output
