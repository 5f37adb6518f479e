// SPDX-License-Identifier: Apache-2.0
// The one door between how a death is noticed (dispositions.hpp: handlers, threads, sandboxes) and
// what is kept of it (the black box). Everything here runs inside a signal handler, perhaps on an
// alternate stack of which at most 32 KiB are to be used, at any instruction of the program or of
// the recorder.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>

namespace dbgtrace::hooks::crash {

struct Fault {
  int signal;
  siginfo_t* info;
  ucontext_t* context;
  uint32_t depth;  // 0; n: the n-th fault inside the recording of this very crash
};

// Thread-safety: one thread at a time, the first that crashes. Signal-safety: yes. Allocates:
// never. Marks the recording as crashed and writes the record into the black box. Returns after a
// bounded time. Called again, with depth + 1, by the same thread when it faulted in here: goes on
// at the next step.
void record_crash(const Fault& fault);

// A further thread that crashes while the first one is recorded, or after. Thread-safety: yes.
void record_minor(const Fault& fault);

// A fault that goes to a handler of the program's: no crash yet, and in a runtime like Java's it
// never becomes one. A few stores, no system call. Thread-safety: yes.
void note_handled_fault(int signal, const siginfo_t* info, const ucontext_t* context);

// The process ends by exit or _exit inside such a handler: its fault becomes the crash.
// Thread-safety: one thread at a time.
void record_exit_in_handler(const siginfo_t& info, const ucontext_t& context);

}  // namespace dbgtrace::hooks::crash
