// SPDX-License-Identifier: Apache-2.0
// Whether this thread is inside a handler of the program's, asked when it ends the process. A
// handler is jumped to, so nobody sees it return; what tells is that the frame that the kernel
// built for it is still there, above the stack pointer and unchanged.
#pragma once

#include <signal.h>
#include <ucontext.h>

namespace dbgtrace::hooks::crash {

// Remembers the newest handler of this thread. Thread-safety: yes. Signal-safety: yes. Allocates:
// never. No system calls.
void enter_frame(int signal, const siginfo_t& info, const ucontext_t& context);

// The signal whose handler this thread is in, 0 if none. Makes a few system calls. A handler that
// was left by siglongjmp is told apart as long as the thread does not end the process from a deeper
// call that left the old frame untouched.
int enclosing_handler();

}  // namespace dbgtrace::hooks::crash
