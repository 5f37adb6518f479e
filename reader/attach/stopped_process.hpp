// SPDX-License-Identifier: Apache-2.0
// All threads of a process, stopped as briefly as can be, but for the one that is borrowed to make
// calls.
#pragma once

#include <sys/types.h>

#include <vector>

#include "reader/attach/traced_thread.hpp"

namespace dbgtrace::reader::attach {

// The threads as /proc lists them.
std::vector<pid_t> threads_of(pid_t pid);

// They go on when the object ends. One that can't be stopped in time is in the kernel and runs no
// code of the program before its stop. Thread-safety: the thread that made it.
class StoppedProcess {
 public:
  // borrowed: is stopped already and stays so.
  StoppedProcess(pid_t pid, pid_t borrowed);

  std::vector<TracedThread>& threads() { return threads_; }

 private:
  std::vector<TracedThread> threads_;
};

}  // namespace dbgtrace::reader::attach
