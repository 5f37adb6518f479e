// SPDX-License-Identifier: Apache-2.0
// Which handlers of the program's this thread is in, asked when it ends the process. A handler is
// jumped to, so nobody sees it return; what tells is that the frame that the kernel built for it is
// still there, above the stack pointer and unchanged. Two are remembered, since a handler may take
// and survive faults of its own: a JVM that writes its report takes dozens.
#pragma once

#include <signal.h>
#include <ucontext.h>

namespace dbgtrace::hooks::crash {

struct HandlerFrame {
  const siginfo_t* info;
  const ucontext_t* context;
};

// A handler of this thread begins. Not behind a seccomp filter: makes a system call, and a few when
// more than two handlers seem to be running. Thread-safety: yes. Signal-safety: yes. Allocates:
// never.
void enter_frame(const HandlerFrame& frame);

// The outermost handler that this thread is in: the first fault is what the others come from. False
// if there is none. Makes a few system calls. A handler that was left by siglongjmp is told apart
// as long as the thread does not end the process from a deeper call that left the old frame
// untouched.
bool find_enclosing_handler(HandlerFrame& frame);

}  // namespace dbgtrace::hooks::crash
