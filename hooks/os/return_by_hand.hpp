// SPDX-License-Identifier: Apache-2.0
// The way back from a signal handler without a system call: behind the tightest seccomp filters
// sigreturn itself is deadly. Registers come back as the kernel saved them, the signal mask stays
// as it is in the handler.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace dbgtrace::hooks::os {

#if defined(__x86_64__)

// The part of a saved floating point state that says how far it reaches (Linux's fpx_sw_bytes).
struct SavedStateNote {
  uint32_t magic;
  uint32_t extended_bytes;
  uint64_t features;
};

inline void restore_floating_point(const ucontext_t& context) {
  constexpr uint32_t kMagic = 0x46505853;
  constexpr size_t kNoteOffset = 464;
  const auto* state = reinterpret_cast<const char*>(context.uc_mcontext.fpregs);
  if (state == nullptr) return;
  SavedStateNote note;
  __builtin_memcpy(&note, state + kNoteOffset, sizeof(note));
  if (note.magic == kMagic) {
    asm volatile("xrstor64 (%0)" ::"r"(state), "a"(static_cast<uint32_t>(note.features)),
                 "d"(static_cast<uint32_t>(note.features >> 32))
                 : "memory");
  } else {
    asm volatile("fxrstor64 (%0)" ::"r"(state) : "memory");
  }
}

[[noreturn]] inline void return_by_hand(const ucontext_t& context) {
  const auto& registers = context.uc_mcontext.gregs;
  const auto segments = static_cast<uint64_t>(registers[REG_CSGSFS]);
  uint64_t stack_segment = segments >> 48;
  if (stack_segment == 0) asm("mov %%ss, %0" : "=r"(stack_segment));
  // What iretq pops: it alone sets instruction and stack pointer without a scratch register.
  const uint64_t frame[5] = {static_cast<uint64_t>(registers[REG_RIP]), segments & 0xffff,
                             static_cast<uint64_t>(registers[REG_EFL]),
                             static_cast<uint64_t>(registers[REG_RSP]), stack_segment};
  static_assert(REG_R8 == 0 && REG_RDI == 8 && REG_RBX == 11 && REG_RAX == 13 && REG_RCX == 14);
  restore_floating_point(context);
  asm volatile(
      "mov %0, %%rsp\n\t"
      "mov 0(%%rax), %%r8\n\t"
      "mov 8(%%rax), %%r9\n\t"
      "mov 16(%%rax), %%r10\n\t"
      "mov 24(%%rax), %%r11\n\t"
      "mov 32(%%rax), %%r12\n\t"
      "mov 40(%%rax), %%r13\n\t"
      "mov 48(%%rax), %%r14\n\t"
      "mov 56(%%rax), %%r15\n\t"
      "mov 64(%%rax), %%rdi\n\t"
      "mov 72(%%rax), %%rsi\n\t"
      "mov 80(%%rax), %%rbp\n\t"
      "mov 88(%%rax), %%rbx\n\t"
      "mov 96(%%rax), %%rdx\n\t"
      "mov 112(%%rax), %%rcx\n\t"
      "mov 104(%%rax), %%rax\n\t"
      "iretq"
      :
      : "r"(frame), "a"(&registers[0]), "m"(frame)
      : "memory");
  __builtin_unreachable();
}

#else

// x16 is lost: there is no other way to say where to go.
[[noreturn]] inline void return_by_hand(const ucontext_t& context) {
  asm volatile(
      "mov x16, %0\n\t"
      "ldr x17, [x16, #248]\n\t"  // sp
      "mov sp, x17\n\t"
      "ldp x0, x1, [x16, #0]\n\t"
      "ldp x2, x3, [x16, #16]\n\t"
      "ldp x4, x5, [x16, #32]\n\t"
      "ldp x6, x7, [x16, #48]\n\t"
      "ldp x8, x9, [x16, #64]\n\t"
      "ldp x10, x11, [x16, #80]\n\t"
      "ldp x12, x13, [x16, #96]\n\t"
      "ldp x14, x15, [x16, #112]\n\t"
      "ldp x17, x18, [x16, #136]\n\t"
      "ldp x19, x20, [x16, #152]\n\t"
      "ldp x21, x22, [x16, #168]\n\t"
      "ldp x23, x24, [x16, #184]\n\t"
      "ldp x25, x26, [x16, #200]\n\t"
      "ldp x27, x28, [x16, #216]\n\t"
      "ldp x29, x30, [x16, #232]\n\t"
      "ldr x16, [x16, #256]\n\t"
      "br x16" ::"r"(context.uc_mcontext.regs)
      : "memory");
  __builtin_unreachable();
}

#endif

}  // namespace dbgtrace::hooks::os
