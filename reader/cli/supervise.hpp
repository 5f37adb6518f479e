// SPDX-License-Identifier: Apache-2.0
// A program as a child of this command that nobody needs to know is one: it shares terminal and
// process group, gets the signals that are sent to us, stops and goes on with us, ends with us, and
// we end as it ended.
#pragma once

#include <sys/types.h>

#include <functional>

namespace dbgtrace::reader::cli {

struct Ended {
  int status = 0;       // as of waitpid
  int start_error = 0;  // exit status if it could not be started, else 0
  pid_t pid = 0;
};

// become: turns the child into the program, or returns an exit status. Waits for its end.
Ended supervise(const std::function<int()>& become);

// Ends this process as that one ended: by the same signal, or returns its exit status.
int end_like(int status);

}  // namespace dbgtrace::reader::cli
