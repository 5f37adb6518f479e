// SPDX-License-Identifier: Apache-2.0
// Finds the thread of a process that may make a call for us: one that waits in the kernel, or runs
// the program's own code, and is not inside of malloc, the loader, the recorder or a signal
// handler, whose locks it might hold.
#pragma once

#include <optional>

#include "reader/attach/target_process.hpp"
#include "reader/attach/thread_stack.hpp"
#include "reader/attach/traced_thread.hpp"

namespace dbgtrace::reader::attach {

struct Borrowed {
  TracedThread thread;
  uint64_t stack_top;  // free below that on the thread's own stack, at least kOwnStackBytes
  Clock::time_point since;
};
inline constexpr uint64_t kOwnStackBytes = 32 << 10;

// Tries again until the deadline. None: obstacle says what was in the way. spared: a thread that
// has stood still for us before (0: none); it is taken if there is no other.
std::optional<Borrowed> borrow_thread(pid_t pid, const TargetCode& code, StackReader& stacks,
                                      pid_t spared, Clock::time_point deadline, Obstacle& obstacle);

}  // namespace dbgtrace::reader::attach
