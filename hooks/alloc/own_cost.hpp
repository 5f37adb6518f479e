// SPDX-License-Identifier: Apache-2.0
// The recorder's clock on itself: what a pass through the slow path costs, summed in the recording.
#pragma once

#include "hooks/os/clock.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes. Signal-safety: yes; a pass on top of another one is counted in both.
// Allocates: never.
class OwnCost {
 public:
  OwnCost() : started_cycles_(os::cycles()) {}
  ~OwnCost() {
    if (process::g_session.state() != process::SessionState::kRecording) return;
    ring::LiveHeader& live = process::g_session.ledger().live();
    const uint64_t now_cycles = os::cycles();
    if (now_cycles > started_cycles_)
      ring::Ledger::add(live.recorder_cycles, now_cycles - started_cycles_);
    ring::Ledger::add(live.recorder_entries, 1);
  }
  OwnCost(const OwnCost&) = delete;
  OwnCost& operator=(const OwnCost&) = delete;

 private:
  uint64_t started_cycles_;
};

}  // namespace dbgtrace::hooks::alloc
