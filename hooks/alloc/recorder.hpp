// SPDX-License-Identifier: Apache-2.0
// What tracker.cpp and resize.cpp share: the blocks that the recording follows, and when and by
// whom something happens.
#pragma once

#include "hooks/alloc/block_ledger.hpp"
#include "hooks/alloc/tracker.hpp"
#include "hooks/os/thread_count.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

extern constinit BlockLedger g_blocks;

// Thread-safety: yes. Signal-safety: yes. Allocates: never.
void begin_thread(uint64_t now_us);
inline Moment this_moment() {
  const uint64_t now_us = process::g_session.now_us();
  const ThreadState& thread = t_state;
  if (thread.recording != process::g_session.number()) [[unlikely]]
    begin_thread(now_us);
  return {now_us, thread.thread, os::threads_now()};
}
// A process that does not record (yet) frees or moves a block: a forked child its parent's.
void forget_unrecorded(uintptr_t address);

inline Totals totals_of(const Hit& hit) {
  if (!hit.counted) return Totals::kEstimated;
  return hit.is_growth ? Totals::kAlready : Totals::kCounted;
}

}  // namespace dbgtrace::hooks::alloc
