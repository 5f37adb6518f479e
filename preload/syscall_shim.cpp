// SPDX-License-Identifier: Apache-2.0
// syscall(2), the way into a seccomp filter (glibc exports no seccomp()). In assembly on x86-64,
// since the program's frame, registers and stack arguments must reach the real function untouched
// whatever the call is.
#include <sys/syscall.h>

#include "hooks/process/next_process.hpp"
#include "preload/exported.hpp"

extern "C" __attribute__((visibility("hidden"), used)) void dbgtrace_resolve_syscall() {
  dbgtrace::hooks::process::resolve_next_process();
}

#if defined(__x86_64__)
static_assert(SYS_seccomp == 317 && SYS_prctl == 157 && SYS_exit_group == 231);
__asm__(
    ".text\n"
    ".globl syscall\n"
    ".type syscall, @function\n"
    ".p2align 4\n"
    "syscall:\n"
    ".cfi_startproc\n"
    "  cmp $317, %rdi\n"
    "  je 1f\n"
    "  cmp $157, %rdi\n"
    "  je 1f\n"
    "  cmp $231, %rdi\n"
    "  je 1f\n"
    "  cmpq $0, dbgtrace_next_syscall(%rip)\n"
    "  je 1f\n"
    "  jmp *dbgtrace_next_syscall(%rip)\n"
    "1:\n"
    "  push %rdi\n  .cfi_adjust_cfa_offset 8\n"
    "  push %rsi\n  .cfi_adjust_cfa_offset 8\n"
    "  push %rdx\n  .cfi_adjust_cfa_offset 8\n"
    "  push %rcx\n  .cfi_adjust_cfa_offset 8\n"
    "  push %r8\n  .cfi_adjust_cfa_offset 8\n"
    "  push %r9\n  .cfi_adjust_cfa_offset 8\n"
    "  sub $8, %rsp\n  .cfi_adjust_cfa_offset 8\n"
    "  call dbgtrace_resolve_syscall\n"
    "  mov 48(%rsp), %rdi\n"
    "  mov 40(%rsp), %rsi\n"
    "  mov 32(%rsp), %rdx\n"
    "  call dbgtrace_note_syscall\n"
    "  add $8, %rsp\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %r9\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %r8\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rcx\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rdx\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rsi\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rdi\n  .cfi_adjust_cfa_offset -8\n"
    "  jmp *dbgtrace_next_syscall(%rip)\n"
    ".cfi_endproc\n"
    ".size syscall, .-syscall\n");
#else
DBGTRACE_EXPORT long syscall(long number, long a, long b, long c, long d, long e, long f) {
  dbgtrace_resolve_syscall();
  dbgtrace::hooks::process::dbgtrace_note_syscall(number, a, b);
  using Next = long (*)(long, long, long, long, long, long, long);
  return reinterpret_cast<Next>(dbgtrace::hooks::process::dbgtrace_next_syscall)(number, a, b, c, d,
                                                                                 e, f);
}
#endif
