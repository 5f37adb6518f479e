// SPDX-License-Identifier: Apache-2.0
// Signal calls as the kernel has them, and how a handler is left: raw, since the C library's
// wrappers are what programs and other libraries interpose, and some of them take locks.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <cstdint>

#include "hooks/os/files.hpp"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif

namespace dbgtrace::hooks::os {

// The kernel's own form of a struct sigaction, on x86-64 and aarch64.
struct KernelAction {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

constexpr uint64_t mask_of(int signal) { return uint64_t{1} << (signal - 1); }

// Of a sigset_t the kernel knows the first word.
inline uint64_t mask_in(const sigset_t& set) {
  uint64_t mask;
  __builtin_memcpy(&mask, &set, sizeof(mask));
  return mask;
}
inline void put_mask(sigset_t& set, uint64_t mask) { __builtin_memcpy(&set, &mask, sizeof(mask)); }

inline long kernel_sigaction(int signal, const KernelAction* wanted, KernelAction* before) {
  return raw_syscall(SYS_rt_sigaction, signal, as_argument(wanted), as_argument(before),
                     sizeof(uint64_t));
}

// how: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK. Returns the mask as it was.
inline uint64_t change_signal_mask(int how, uint64_t mask) {
  uint64_t before = 0;
  raw_syscall(SYS_rt_sigprocmask, how, as_argument(&mask), as_argument(&before), sizeof(before));
  return before;
}

inline uint64_t signal_mask() { return change_signal_mask(SIG_BLOCK, 0); }

inline long kernel_sigaltstack(const stack_t* wanted, stack_t* before) {
  return raw_syscall(SYS_sigaltstack, as_argument(wanted), as_argument(before));
}

// Back to where a signal interrupted, from anywhere: context is the one that its handler was given,
// still where the kernel put it.
[[noreturn]] inline void leave_handler(siginfo_t* info, ucontext_t* context) {
#if defined(__x86_64__)
  (void)info;
  asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall" ::"r"(context), "i"(SYS_rt_sigreturn)
               : "memory");
#else
  (void)context;  // the frame begins with the siginfo
  asm volatile("mov sp, %0\n\tmov x8, %1\n\tsvc #0" ::"r"(info), "i"(SYS_rt_sigreturn) : "memory");
#endif
  __builtin_unreachable();
}

}  // namespace dbgtrace::hooks::os
