// SPDX-License-Identifier: Apache-2.0
// Asks the kernel whether a word may be read, so that a walk over a broken stack never faults. The
// call is rt_sigprocmask with a nonsensical `how`: the kernel copies the set first (EFAULT if it
// cannot) and then refuses (EINVAL), so that nothing ever changes. About 100 ns, no descriptor.
#pragma once

#include <errno.h>
#include <sys/syscall.h>

#include <cstdint>

#include "hooks/os/raw_syscall.hpp"

namespace dbgtrace::hooks::stack {

inline constexpr uintptr_t kPageBytes = 4096;  // the smallest page of both targets

inline uintptr_t page_of(uintptr_t address) { return address & ~(kPageBytes - 1); }

// Whether the 8 bytes at an 8-aligned address may be read now; what holds for one word holds for
// its page. Thread-safety: yes. Signal-safety: yes. Allocates: never. Makes a system call.
inline bool readable(uintptr_t address) {
  constexpr long kNonsense = ~0L;
  return os::raw_syscall(SYS_rt_sigprocmask, kNonsense, static_cast<long>(address), 0, 8) ==
         -EINVAL;
}

}  // namespace dbgtrace::hooks::stack
