// SPDX-License-Identifier: Apache-2.0
// The threads of the recording: one that is sampled gets an entry and is seen to end by a pthread
// key.
#pragma once

#include <cstdint>

#include "ring/ledger.hpp"

namespace dbgtrace::hooks::process {

// Once, in the constructor. Only a key whose values need no memory is kept (glibc's first 32);
// without one thread ends are not seen. on_end runs on the thread that ends, which may still
// allocate afterwards. Thread-safety: before threads start. Allocates: never.
void start_thread_watch(void (*on_end)());

// Has on_end called when the calling thread ends. Thread-safety: yes. Signal-safety: yes.
void watch_thread_end();

// A new entry for the calling thread; 0 if the table is full (counted) or a sandbox forbids to ask
// who we are. Thread-safety: yes. Signal-safety: yes. Allocates: never.
uint32_t register_thread(const ring::Ledger& ledger, uint64_t time_us, bool system_calls_allowed);

}  // namespace dbgtrace::hooks::process
