// SPDX-License-Identifier: Apache-2.0
// What the program believes about its signal actions, and what the kernel holds. For the signals of
// a crash the kernel's slot has a stub of ours (action_pool.hpp) wherever the program has a handler
// or the default action; whoever asks through the C library is told the program's own action.
//
//   program's action        kernel's slot
//   handler H, flags F      stub of (H, F), F | SA_SIGINFO; with SA_RESETHAND: stub, F
//   SIG_DFL, flags F        stub of (SIG_DFL, F), F | SA_SIGINFO | SA_ONSTACK | SA_NODEFER
//   SIG_IGN                 SIG_IGN: it is inherited by exec, and interrupts no system call
//
// The mask is always the program's own.
#pragma once

#include <signal.h>

#include <cstdint>

namespace dbgtrace::hooks::crash {

enum class Capture : uint8_t {
  kNone,       // signals are left alone
  kOwnFaults,  // SIGBUS only, for the sake of the recorder's own mapping
  kCrashes,
};

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.

// Once the session knows its options: puts stubs where the default action is in force.
void start_dispositions();

// The same in a program that runs already: also puts stubs before the handlers that it has.
void attach_dispositions();
// Gives the kernel back what the program had asked for; no call is translated from then on.
void detach_dispositions();

// Whether calls for this signal are ours to translate.
bool is_captured(int signal);
bool captures_crashes();

// As sigaction(2) for a captured signal, in the program's terms.
int change_action(int signal, const struct sigaction* wanted, struct sigaction* before);

// A one-shot handler of the program's is about to run; the kernel has put SIG_DFL in its place. Our
// stub of the default action goes there, unless somebody was faster.
void watch_after_one_shot(int signal);

// The kernel took away a one-shot action for a fault that was ours: gives it back.
void restore_one_shot(int signal, uint32_t stub_number);

// Before a seccomp filter: from now on the kernel itself takes our stub of the default action away
// at its first signal, so that the fault repeats and kills without a system call of ours.
void prepare_for_sandbox();

}  // namespace dbgtrace::hooks::crash
