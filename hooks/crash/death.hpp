// SPDX-License-Identifier: Apache-2.0
// A signal whose action is the default one: the end. The first thread that gets here records the
// crash on a stack of ours; then the process dies as it would have died without us: same wait
// status, same siginfo and registers in the core.
//
//   fault --> stub --> claim --first--> record_crash --> SIG_DFL, signal queued again --> sigreturn
//                        |                 ^   |
//                        |                 +---+ fault in there: the next step, on top
//                        +--another thread--> record_minor --> waits, at most 2 s --> the same end
#pragma once

#include <signal.h>
#include <ucontext.h>

namespace dbgtrace::hooks::crash {

// Called by a stub. Returns when the signal handler is to return into the program: to die there or,
// where the kernel would have dropped the signal, to go on. Thread-safety: yes. Signal-safety: yes.
// Allocates: never. Uses less than 1 KiB of the stack that the kernel chose.
void meet_default_action(int signal, siginfo_t* info, ucontext_t* context);

}  // namespace dbgtrace::hooks::crash
