// SPDX-License-Identifier: Apache-2.0
// The process's own figures beside the samples: resident memory, heap and counts, written at most
// four times a second and only when a sample comes by anyway.
#pragma once

#include <cstdint>

#include "ring/event_writer.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes; one thread writes a point. Signal-safety: yes. Allocates: never. Opens
// /proc/self/statm for a moment, at most once a second and only if system calls are allowed.
void note_metrics(const ring::Ledger& ledger, ring::EventWriter& events, uint64_t time_us,
                  bool system_calls_allowed);

}  // namespace dbgtrace::hooks::alloc
