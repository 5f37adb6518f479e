// SPDX-License-Identifier: Apache-2.0
// The process's own figures beside the samples: resident memory, heap and counts, written at most
// four times a second and only when a sample comes by anyway.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/event_writer.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes; one thread writes a point. Signal-safety: yes. Allocates: never. Opens
// /proc/self/statm for a moment, at most once a second and only if system calls are allowed.
void write_metrics(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t time_us,
                   bool system_calls_allowed);

inline constexpr uint64_t kMetricsStepUs = ring::kSeriesLevels[0].step_us / 4;
extern constinit std::atomic<uint64_t> g_next_metrics_us;

inline void note_metrics(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t time_us,
                         bool system_calls_allowed) {
  // A time that lies far ahead is of an earlier recording.
  const uint64_t due_us = g_next_metrics_us.load(std::memory_order_relaxed);
  if (time_us >= due_us || due_us - time_us > kMetricsStepUs) [[unlikely]]
    write_metrics(ledger, events, time_us, system_calls_allowed);
}

}  // namespace dbgtrace::hooks::alloc
