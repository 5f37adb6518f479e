// SPDX-License-Identifier: Apache-2.0
// An alternate signal stack for each thread that has none: without it a stack overflow is a silent
// death. The program is not told of it: sigaltstack() answers as if it were not there.
#pragma once

#include <signal.h>

namespace dbgtrace::hooks::crash {

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never (mmap; stacks are pooled).

// For the calling thread, unless it has one; does nothing the second time, behind a seccomp filter
// and where crashes are not captured.
void give_alternate_stack();

// The calling thread ends.
void take_alternate_stack_back();

// As sigaltstack(2), in the program's terms.
int change_alternate_stack(const stack_t* wanted, stack_t* before);

}  // namespace dbgtrace::hooks::crash
