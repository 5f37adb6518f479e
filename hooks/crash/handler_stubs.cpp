// SPDX-License-Identifier: Apache-2.0
// The stubs that stand in the kernel's slots. A stub asks dbgtrace_enter_handler what to do and
// then jumps to the program's handler with the registers and the stack that the kernel gave: no
// frame of ours is below it, so that unwinders, siglongjmp and handlers that rewrite the context
// meet what they would meet without us. No answer: the signal is dealt with, back to the restorer.
#include "hooks/crash/action_pool.hpp"

static_assert(dbgtrace::hooks::crash::kStubs == 256 && dbgtrace::hooks::crash::kStubBytes == 16);

#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl dbgtrace_handler_stubs\n"
    ".hidden dbgtrace_handler_stubs\n"
    ".type dbgtrace_handler_stubs, @function\n"
    "dbgtrace_handler_stubs:\n"
    ".cfi_startproc\n"
    ".set dbgtrace_stub_number, 0\n"
    ".rept 256\n"
    "  .p2align 4\n"
    "  .byte 0xf3, 0x0f, 0x1e, 0xfa\n"  // endbr64
    "  mov $dbgtrace_stub_number, %eax\n"
    "  jmp dbgtrace_handler_entry\n"
    "  .set dbgtrace_stub_number, dbgtrace_stub_number + 1\n"
    ".endr\n"
    ".cfi_endproc\n"
    ".size dbgtrace_handler_stubs, . - dbgtrace_handler_stubs\n"
    ".p2align 4\n"
    ".type dbgtrace_handler_entry, @function\n"
    "dbgtrace_handler_entry:\n"
    ".cfi_startproc\n"
    "  push %rdi\n  .cfi_adjust_cfa_offset 8\n"
    "  push %rsi\n  .cfi_adjust_cfa_offset 8\n"
    "  push %rdx\n  .cfi_adjust_cfa_offset 8\n"
    "  cld\n"
    "  mov %eax, %ecx\n"
    "  call dbgtrace_enter_handler\n"
    "  pop %rdx\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rsi\n  .cfi_adjust_cfa_offset -8\n"
    "  pop %rdi\n  .cfi_adjust_cfa_offset -8\n"
    "  test %rax, %rax\n"
    "  jz 1f\n"
    "  mov %rax, %r11\n"
    "  xor %eax, %eax\n"  // as the kernel leaves it
    "  jmp *%r11\n"
    "1: ret\n"
    ".cfi_endproc\n"
    ".size dbgtrace_handler_entry, . - dbgtrace_handler_entry\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl dbgtrace_handler_stubs\n"
    ".hidden dbgtrace_handler_stubs\n"
    ".type dbgtrace_handler_stubs, %function\n"
    "dbgtrace_handler_stubs:\n"
    ".cfi_startproc\n"
    ".set dbgtrace_stub_number, 0\n"
    ".rept 256\n"
    "  .p2align 4\n"
    "  hint #34\n"  // bti c
    "  mov w9, #dbgtrace_stub_number\n"
    "  b dbgtrace_handler_entry\n"
    "  .set dbgtrace_stub_number, dbgtrace_stub_number + 1\n"
    ".endr\n"
    ".cfi_endproc\n"
    ".size dbgtrace_handler_stubs, . - dbgtrace_handler_stubs\n"
    ".p2align 4\n"
    ".type dbgtrace_handler_entry, %function\n"
    "dbgtrace_handler_entry:\n"
    ".cfi_startproc\n"
    "  stp x29, x30, [sp, #-48]!\n"
    "  .cfi_def_cfa_offset 48\n  .cfi_offset 29, -48\n  .cfi_offset 30, -40\n"
    "  mov x29, sp\n"
    "  stp x0, x1, [sp, #16]\n"
    "  str x2, [sp, #32]\n"
    "  mov w3, w9\n"
    "  bl dbgtrace_enter_handler\n"
    "  mov x16, x0\n"
    "  ldp x0, x1, [sp, #16]\n"
    "  ldr x2, [sp, #32]\n"
    "  ldp x29, x30, [sp], #48\n"
    "  .cfi_def_cfa_offset 0\n  .cfi_restore 29\n  .cfi_restore 30\n"
    "  cbz x16, 1f\n"
    "  br x16\n"
    "1: ret\n"
    ".cfi_endproc\n"
    ".size dbgtrace_handler_entry, . - dbgtrace_handler_entry\n");
#endif
