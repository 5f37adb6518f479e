// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/metrics.hpp"

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"
#include "ring/history_writer.hpp"

namespace dbgtrace::hooks::alloc {

constinit std::atomic<uint64_t> g_next_metrics_us{0};

namespace {

constinit std::atomic<uint64_t> g_next_rss_us{0};

// Second number of statm, in pages; 0 if it can't be had.
uint64_t resident_bytes() {
  char text[128];
  const long size = os::read_file("/proc/self/statm", text, sizeof(text));
  long at = 0;
  while (at < size && text[at] != ' ') ++at;
  uint64_t pages = 0;
  for (++at; at < size && text[at] >= '0' && text[at] <= '9'; ++at)
    pages = pages * 10 + static_cast<uint64_t>(text[at] - '0');
  return pages * 4096;
}

// True for one caller when the time has come; sets the next one. A time that lies far ahead is of
// an earlier recording.
bool is_due(std::atomic<uint64_t>& next_us, uint64_t time_us, uint64_t step_us) {
  uint64_t due_us = next_us.load(std::memory_order_relaxed);
  if (time_us < due_us && due_us - time_us <= step_us) return false;
  return next_us.compare_exchange_strong(due_us, time_us / step_us * step_us + step_us,
                                         std::memory_order_relaxed);
}

}  // namespace

void write_metrics(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t time_us,
                   bool system_calls_allowed) {
  if (!is_due(g_next_metrics_us, time_us, kMetricsStepUs)) return;
  uint64_t rss_bytes = 0;
  if (system_calls_allowed && is_due(g_next_rss_us, time_us, 1'000'000)) {
    rss_bytes = resident_bytes();
    events.write(ring::EventKind::kMetrics, 0, 0, time_us, 0, rss_bytes,
                 ring::Ledger::load(ledger.live().live_bytes));
  }
  ring::LiveHeader& live = ledger.live();
  if (const uint64_t now_cycles = os::cycles(); now_cycles != 0) {
    std::atomic_ref<uint64_t>(live.elapsed_cycles)
        .store(now_cycles - ledger.header().start_cycles, std::memory_order_relaxed);
    std::atomic_ref<uint64_t>(live.elapsed_us).store(time_us, std::memory_order_relaxed);
  }
  ring::note_process_point(ledger, time_us, rss_bytes);
}

}  // namespace dbgtrace::hooks::alloc
