// SPDX-License-Identifier: Apache-2.0
// The recorder's clock on itself: what its passes through the slow path cost, summed in the
// recording. Looking at the counter costs as much as the rest of a pass, so where every allocation
// takes that path only some are measured, and count for the others.
#pragma once

#include "hooks/alloc/thread_state.hpp"
#include "hooks/os/clock.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes. Signal-safety: yes; a pass on top of another one is counted in both.
// Allocates: never.
class OwnCost {
 public:
  // Odd, so that neither mallocs nor frees that take turns are missed.
  static constexpr uint32_t kOneOfMany = 61;

  // The counter runs on while the thread waits for a processor: no pass works for longer.
#if defined(__x86_64__)
  static constexpr uint64_t kLongestPass = 1 << 19;  // 0.2 ms or so
#else
  static constexpr uint64_t kLongestPass = 1 << 15;
#endif

  OwnCost() : stands_for_(turn()) {
    if (stands_for_ != 0) started_cycles_ = os::cycles();
  }
  ~OwnCost() {
    if (stands_for_ != 0) [[unlikely]]
      add();
  }
  OwnCost(const OwnCost&) = delete;
  OwnCost& operator=(const OwnCost&) = delete;

 private:
  static uint32_t turn() {
    if (!process::g_session.options().every_allocation()) return 1;
    ThreadState& thread = t_state;
    if (++thread.cost_turn < kOneOfMany) [[likely]]
      return 0;
    thread.cost_turn = 0;
    return kOneOfMany;
  }
  void add() const {
    if (process::g_session.state() != process::SessionState::kRecording) return;
    ring::LiveHeader& live = process::g_session.ledger().live();
    const uint64_t now_cycles = os::cycles();
    if (now_cycles > started_cycles_) {
      const uint64_t took = now_cycles - started_cycles_;
      ring::Ledger::add(live.recorder_cycles,
                        (took < kLongestPass ? took : kLongestPass) * stands_for_);
    }
    ring::Ledger::add(live.recorder_entries, stands_for_);
  }

  uint32_t stands_for_;  // passes; 0: not measured
  uint64_t started_cycles_ = 0;
};

}  // namespace dbgtrace::hooks::alloc
