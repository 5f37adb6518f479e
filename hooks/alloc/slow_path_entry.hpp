// SPDX-License-Identifier: Apache-2.0
// One slow path of a thread at a time: a signal handler that allocates on top of it is not sampled. Also the recorder's clock
// on itself.
#pragma once

#include "hooks/alloc/thread_state.hpp"
#include "hooks/os/clock.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

// The frame tells a nested entry from one that a siglongjmp has abandoned: that one lay deeper.
// Thread-safety: one thread each. Signal-safety: yes. Allocates: never.
class SlowPathEntry {
 public:
  explicit SlowPathEntry(const void* frame) {
    const auto at = reinterpret_cast<uintptr_t>(frame);
    if (t_state.busy_frame != 0 && at < t_state.busy_frame) {
      if (recording()) ring::Ledger::add(process::g_session.ledger().lost().nested_samples, 1);
      return;
    }
    t_state.busy_frame = at + 1;
    started_cycles_ = os::cycles();
    entered_ = true;
  }
  ~SlowPathEntry() {
    if (!entered_) return;
    if (recording()) {
      ring::LiveHeader& live = process::g_session.ledger().live();
      ring::Ledger::add(live.recorder_cycles, os::cycles() - started_cycles_);
      ring::Ledger::add(live.recorder_entries, 1);
    }
    t_state.busy_frame = 0;
  }
  SlowPathEntry(const SlowPathEntry&) = delete;
  SlowPathEntry& operator=(const SlowPathEntry&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  static bool recording() { return process::g_session.state() == process::SessionState::kRecording; }
  uint64_t started_cycles_ = 0;
  bool entered_ = false;
};

}  // namespace dbgtrace::hooks::alloc
