// SPDX-License-Identifier: Apache-2.0
// The next definitions of the functions that change what a signal does, and of pthread_create.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace dbgtrace::hooks::crash {

// Thread-safety: constant after resolve. Signal-safety: yes. Allocates: never.
struct NextSignals {
  int (*sigaction)(int, const struct sigaction*, struct sigaction*);
  sighandler_t (*signal)(int, sighandler_t);
  sighandler_t (*sysv_signal)(int, sighandler_t);
  sighandler_t (*sigset)(int, sighandler_t);
  int (*siginterrupt)(int, int);
  int (*sigaltstack)(const stack_t*, stack_t*);
};

// Resolves at the first call, which may come before any constructor of ours.
const NextSignals& next_signals();

}  // namespace dbgtrace::hooks::crash
