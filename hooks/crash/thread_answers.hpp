// SPDX-License-Identifier: Apache-2.0
// Other threads' answers to the question where they stand. When the process is about to die, each
// thread is sent a signal; its handler writes registers and its own stack into a slot, then waits
// for the death, so that no thread works on behind a crash for longer than it would have.
//
// The signal is 33, with which the C library itself changes user ids: programs cannot block it
// through the C library, and none expects it. It is taken for the time of the question only.
#pragma once

#include <cstdint>

#include "hooks/stack/walk.hpp"
#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

struct ThreadAnswer {
  static constexpr uint32_t kFrames = 96;

  uint32_t tid = 0;
  uint32_t register_count = 0;
  uint64_t registers[ring::kMaxRegisters] = {};
  uint64_t blocked_signals = 0;
  uintptr_t pc = 0, sp = 0;
  stack::WalkResult walked;
  uintptr_t pcs[kFrames] = {};
};

// Thread-safety: one thread asks. Signal-safety: yes. Allocates: never. Makes system calls.
class ThreadQuestion {
 public:
  static constexpr uint32_t kSlots = 256;

  // Takes the signal over. pid: the calling process; own_tid is never asked.
  bool begin(uint32_t pid, uint32_t own_tid);
  // Asks a thread; behind kSlots threads it is only made to wait. False: it is gone.
  bool ask(uint32_t tid);
  // Until all have answered, or deadline_ns (monotonic) is over. Returns how many have not.
  uint32_t wait(uint64_t deadline_ns);
  // Gives the signal back. Those who answered keep waiting, some seconds at most.
  void end();

  // The answer of a thread; null: none (yet).
  const ThreadAnswer* answer_of(uint32_t tid) const;

 private:
  uint32_t pid_ = 0;
  uint32_t own_tid_ = 0;
  uint32_t asked_ = 0;
};

}  // namespace dbgtrace::hooks::crash
