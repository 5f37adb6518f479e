// SPDX-License-Identifier: Apache-2.0
// The frame that the kernel would have put on a thread's stack before a signal handler, made from
// outside: a function that is called on top of it returns as a handler does, and the thread goes on
// where it was stopped.
#pragma once

#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dbgtrace::reader::attach {

struct SignalFrame {
  uint64_t address = 0;  // the stack pointer at the call: its first word is the return address
  std::vector<std::byte> bytes;
};

// vectors: as of PTRACE_GETREGSET with NT_X86_XSTATE. A system call that was interrupted is begun
// again where that can be done by hand, and fails with EINTR else (the kernel forgets how long a
// sleep had left). Thread-safety: pure.
SignalFrame make_signal_frame(const user_regs_struct& registers, uint64_t signal_mask,
                              std::span<const std::byte> vectors, uint64_t return_address,
                              uint64_t stack_top);

}  // namespace dbgtrace::reader::attach
