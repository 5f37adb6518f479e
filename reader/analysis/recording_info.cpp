// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/recording_info.hpp"

#include <algorithm>
#include <cstring>

#include "reader/analysis/leaks.hpp"

namespace dbgtrace::reader::analysis {

std::vector<std::string> command_line(const ring::Header& header) {
  std::vector<std::string> words;
  const char* at = header.cmdline;
  const char* end = at + sizeof header.cmdline;
  while (at < end && *at != '\0') {
    words.emplace_back(at, strnlen(at, static_cast<size_t>(end - at)));
    at += words.back().size() + 1;
  }
  return words;
}

RecordingInfo info_of(const trace::Trace& trace, const ProcessState& state, uint64_t disk_bytes) {
  const ring::Header& header = trace.header;
  const ring::LiveHeader& live = header.live;
  RecordingInfo info;
  info.pid = header.pid;
  info.parent_pid = header.parent_pid;
  info.exe.assign(header.exe, strnlen(header.exe, sizeof header.exe));
  info.host.assign(header.host, strnlen(header.host, sizeof header.host));
  info.cmdline = command_line(header);
  info.run_s = static_cast<double>(trace.end_us()) / 1e6;
  info.start_unix = static_cast<double>(header.start_unix_ns) / 1e9;
  info.end_unix = info.start_unix + info.run_s;
  info.state = state;
  if (state.kind == StateKind::kExited && trace.black_box.crash) {
    info.state.signal = trace.black_box.crash->head.signal;
  }
  info.base_interval_bytes = header.base_interval_bytes;
  info.interval_bytes = live.interval_bytes;
  info.exact = is_exact(trace);
  info.exact_until_s = info.exact ? info.run_s : static_cast<double>(live.exact_until_us) / 1e6;
  info.exact_totals = live.totals_until_us == ~uint64_t{0};
  info.own_malloc = (live.flags & ring::kFlagOwnMalloc) != 0;
  info.sandboxed = live.sandboxed != 0;
  info.samples = trace.births.hits;
  info.frees = trace.deaths.hits;
  info.sites = static_cast<uint64_t>(
      std::count_if(trace.sites.begin(), trace.sites.end(),
                    [](const trace::Site& site) { return !site.freeing && site.births.hits > 0; }));
  info.stacks = trace.stacks.size() - 1;
  info.modules = trace.modules.size();
  info.threads = trace.threads.empty() ? 0 : trace.threads.size() - 1;
  for (const trace::LiveBlock& block : trace.live) {
    ++(block.mapping ? info.mappings : info.live);
    if (!block.mapping && block.torn_down()) ++info.torn_down;
  }
  info.gap_bytes = trace.gap_bytes;
  info.torn_events = trace.torn_events;
  info.losses = losses_of(live.lost);
  info.file_bytes = trace.file_bytes;
  info.disk_bytes = disk_bytes;
  if (live.elapsed_us > 0 && live.elapsed_cycles > 0) {
    const double cycles_per_us =
        static_cast<double>(live.elapsed_cycles) / static_cast<double>(live.elapsed_us);
    info.recorder_cpu_s = static_cast<double>(live.recorder_cycles) / cycles_per_us * 1e-6;
  }
  info.recorder_entries = live.recorder_entries;
  info.recorder_rss_bytes = disk_bytes + live.private_bytes;
  info.recorder_system_calls = live.system_calls;
  info.process_cpu_s = static_cast<double>(live.process_cpu_us) / 1e6;
  info.interval_changes = trace.interval_changes;
  return info;
}

}  // namespace dbgtrace::reader::analysis
