// SPDX-License-Identifier: Apache-2.0
// An alternate signal stack for each thread that has none: without it a stack overflow is a silent
// death. The program is not told of it: sigaltstack() answers as if it were not there.
#pragma once

#include <signal.h>

#include <cstdint>

namespace dbgtrace::hooks::crash {

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never (mmap; stacks are pooled).

// For the calling thread, unless it has one; does nothing the second time, behind a seccomp filter
// and where crashes are not captured.
void give_alternate_stack();

// The calling thread ends.
void take_alternate_stack_back();

// Where a thread keeps the lowest byte of the stack that it was given (up to 1: none), from its
// thread pointer on.
long alternate_stack_offset();

// One of them that its thread has no more.
void reuse_alternate_stack(uintptr_t lowest_byte);

// As sigaltstack(2), in the program's terms.
int change_alternate_stack(const stack_t* wanted, stack_t* before);

}  // namespace dbgtrace::hooks::crash
