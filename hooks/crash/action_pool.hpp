// SPDX-License-Identifier: Apache-2.0
// The actions of the program, each behind a stub of its own: the kernel's slot holds the address of
// a stub, and that address says which action the program had asked for. Nothing else is kept, so
// nothing can disagree with the kernel, whoever races, forks or vforks.
//
//   sigaction(SIGSEGV, {h})   -> kernel: {stub 37}    stub 37 -> {h, flags that ours hide}
//   sigaction(SIGSEGV, 0, &o) <- {h}    looked up by the address of stub 37
//
// Actions are interned append-only, a compare-and-swap each. When no stub is left the action is
// given to the kernel as it is.
#pragma once

#include <cstdint>

namespace dbgtrace::hooks::crash {

// Of the flags that we change in the kernel's slot, the program's own; five bits.
inline constexpr uint32_t kHasSiginfo = 1;
inline constexpr uint32_t kHasOnStack = 2;
inline constexpr uint32_t kHasNoDefer = 4;
inline constexpr uint32_t kHasResetHand = 8;
// No sigaction call was ever made: there is no restorer either.
inline constexpr uint32_t kUntouched = 16;
inline constexpr uint32_t kHiddenCombinations = 32;

// A handler of the program's, or 0 (SIG_DFL), and what is hidden.
struct Action {
  uintptr_t handler;
  uint32_t hidden;
};

inline constexpr uint32_t kStubs = 256;
inline constexpr uint32_t kStubBytes = 16;

// The stub that stands for an action, 0 if there is none: no room, or no address of the program's.
// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
uintptr_t stub_for(Action action);

// Whether an address is a stub in use; if so its action.
bool find_action(uintptr_t address, Action& action);

// The action of the stub with this number: what a stub passes on when a signal arrives.
Action action_at(uint32_t number);

}  // namespace dbgtrace::hooks::crash
