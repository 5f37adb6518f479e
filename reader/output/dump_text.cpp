// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "reader/analysis/losses.hpp"
#include "reader/analysis/recording_info.hpp"
#include "reader/output/dump.hpp"
#include "reader/output/human.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::reader::output {
namespace {

using Lines = fmt::memory_buffer;

template <typename... Args>
void put(Lines& lines, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(lines), format, std::forward<Args>(args)...);
  lines.push_back('\n');
}

double seconds(uint64_t time_us) { return static_cast<double>(time_us) / 1e6; }

void put_header(Lines& lines, const trace::Trace& trace) {
  const ring::Header& header = trace.header;
  const ring::LiveHeader& live = header.live;
  put(lines, "header file_bytes={} version={} salt={:#x} pid={} parent={} uid={}", trace.file_bytes,
      header.version, header.salt, header.pid, header.parent_pid, header.uid);
  put(lines, "header start_unix_ns={} start_monotonic_ns={} start_ticks={} pid_namespace={}",
      header.start_unix_ns, header.start_monotonic_ns, header.process_start_ticks,
      header.pid_namespace);
  put(lines, "header exe={} host={}", printable(header.exe), printable(header.host));
  for (const std::string& word : analysis::command_line(header)) {
    put(lines, "argument {}", printable(word));
  }
  put(lines, "state state={} exit_code={} end={:.6f} last={:.6f} flags={:#x} sandboxed={}",
      live.state, live.exit_code, seconds(live.end_us), seconds(live.last_us), live.flags,
      live.sandboxed);
  put(lines, "interval base={} now={} exact_until_us={}", header.base_interval_bytes,
      live.interval_bytes, live.exact_until_us);
  for (const trace::IntervalChange& change : trace.interval_changes) {
    put(lines, "interval-change t={:.6f} bytes={} cause={}", seconds(change.time_us),
        change.interval_bytes, change.cause);
  }
  put(lines, "births hits={} weight_q15={} bytes={}", trace.births.hits, trace.births.weight_q15,
      trace.births.bytes);
  put(lines, "deaths hits={} weight_q15={} bytes={}", trace.deaths.hits, trace.deaths.weight_q15,
      trace.deaths.bytes);
  put(lines, "heap live_bytes={} peak_bytes={} peak={:.6f} inherited_frees={}", live.live_bytes,
      live.peak_live_bytes, seconds(live.peak_us), live.inherited_frees);
  put(lines, "recorder cycles={} elapsed_cycles={} entries={}", live.recorder_cycles,
      live.elapsed_cycles, live.recorder_entries);
  for (const analysis::Loss& loss : analysis::losses_of(live.lost)) {
    put(lines, "lost {}={}", loss.key, loss.count);
  }
}

void put_tables(Lines& lines, const trace::Trace& trace, const DumpParts& parts) {
  for (size_t i = 0; parts.modules && i < trace.modules.size(); ++i) {
    const trace::Module& module = trace.modules[i];
    put(lines,
        "module index={} start={:#x} end={:#x} bias={:#x} load={:.6f} unload={:.6f} "
        "build_id={} path={}",
        i, module.start, module.end, module.bias, seconds(module.load_us),
        seconds(module.unload_us), module.build_id, printable(module.path));
  }
  for (size_t i = 0; parts.threads && i < trace.threads.size(); ++i) {
    const trace::Thread& thread = trace.threads[i];
    put(lines,
        "thread index={} tid={} samples={} bytes={} frees={} start={:.6f} end={:.6f} name={}", i,
        thread.tid, thread.births, thread.birth_bytes, thread.deaths, seconds(thread.start_us),
        seconds(thread.end_us), printable(thread.name));
  }
  for (size_t i = 0; parts.stacks && i < trace.stacks.size(); ++i) {
    const trace::Stack& stack = trace.stacks[i];
    put(lines, "stack index={} time={:.6f} omitted={} truncated={} exact_leaf={} pcs={:#x}", i,
        seconds(stack.time_us), stack.omitted_frames, stack.truncated, stack.exact_leaf,
        fmt::join(stack.pcs, ","));
  }
  for (size_t i = 0; parts.sites && i < trace.sites.size(); ++i) {
    const trace::Site& site = trace.sites[i];
    put(lines,
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
      put(lines, "site-point site={} t={:.1f} live_hits={} live_bytes={}", site.id,
          point.time_ds / 10.0, point.live_hits, point.live_bytes);
    }
  }
  for (size_t i = 0; parts.series && i < trace.series.size(); ++i) {
    const ring::SeriesPoint& point = trace.series[i];
    put(lines, "series t={:.6f} live_bytes={} rss_bytes={} allocated_bytes={} peak_bytes={}",
        seconds(point.time_us), point.live_bytes, point.rss_bytes, point.allocated_bytes,
        point.peak_live_bytes);
  }
}

void put_event(Lines& lines, const trace::Event& event) {
  fmt::format_to(std::back_inserter(lines), "event kind={} t={:.6f} block={} thread={}",
                 name_of(event.kind), seconds(event.time_us), event.sequence, event.thread);
  switch (event.kind) {
    case ring::EventKind::kSample:
    case ring::EventKind::kFree:
    case ring::EventKind::kResize:
      put(lines, " addr={:#x} size={} weight={:g} site={}", event.a & ring::kAddressMask,
          event.b & ring::kSizeMask, event.weight, event.b >> 40);
      break;
    default:
      put(lines, " a={:#x} b={:#x} extra={}", event.a, event.b, event.extra);
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

std::string dump_text(const trace::Trace& trace, const DumpParts& parts) {
  Lines lines;
  if (parts.header) put_header(lines, trace);
  put_tables(lines, trace, parts);
  for (size_t i = 0; parts.events && i < trace.events.size(); ++i) {
    put_event(lines, trace.events[i]);
  }
  for (size_t i = 0; parts.live && i < trace.live.size(); ++i) {
    const trace::LiveBlock& block = trace.live[i];
    put(lines, "live addr={:#x} size={} weight={:g} birth={:.6f} thread={} site={}{}",
        block.address, block.size_bytes, block.weight, seconds(block.birth_us), block.thread,
        trace.sites[block.site].id, block.state == ring::LiveState::kMapped ? " mapped" : "");
  }
  for (size_t i = 0; parts.freed && i < trace.freed.size(); ++i) {
    const trace::FreedBlock& block = trace.freed[i];
    put(lines,
        "freed addr={:#x} size={} weight={:g} birth={:.6f} free={:.6f} thread={} site={} "
        "free_site={}",
        block.address, block.size_bytes, block.weight, seconds(block.birth_us),
        seconds(block.free_us), block.thread, trace.sites[block.site].id,
        trace.sites[block.free_site].id);
  }
  for (const trace::Damage& damage : trace.damages) {
    put(lines, "damage offset={:#x} bytes={} what={}", damage.offset_bytes, damage.size_bytes,
        printable(damage.what));
  }
  return fmt::to_string(lines);
}

}  // namespace dbgtrace::reader::output
