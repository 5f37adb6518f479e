// SPDX-License-Identifier: Apache-2.0
// The few registers a walk needs, and the two places they come from: the frame of a hook that keeps
// its frame pointer, and the context that the kernel hands to a signal handler.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace dbgtrace::hooks::stack {

struct Registers {
  uintptr_t pc = 0;
  uintptr_t sp = 0;
  uintptr_t fp = 0;    // rbp, x29
  bool exact = false;  // pc is where execution stands (interrupted), not a return address
  // Set by who knows that the instruction at pc could not even be fetched (si_addr == pc): the
  // program called or jumped to what is no code.
  bool fetch_failed = false;
#if defined(__aarch64__)
  // Where a function returns to that has not saved it yet; of interrupted code alone, else 0.
  uintptr_t link = 0;
#endif
};

// Whether a call puts its return address on the stack (else into a register).
#if defined(__x86_64__)
inline constexpr bool kCallPushes = true;
#else
inline constexpr bool kCallPushes = false;
#endif

// On aarch64 a return address may carry a signature in its top bits; it is no part of the address.
inline uintptr_t plain_code_address(uintptr_t pc) {
#if defined(__aarch64__)
  return pc & 0x0000'ffff'ffff'ffff;
#else
  return pc;
#endif
}

inline uintptr_t link_of([[maybe_unused]] const Registers& regs) {
#if defined(__aarch64__)
  return regs.link;
#else
  return 0;
#endif
}

inline void set_link([[maybe_unused]] Registers& regs, [[maybe_unused]] uintptr_t link) {
#if defined(__aarch64__)
  regs.link = plain_code_address(link);
#endif
}

// The caller of the function whose frame this is: pass __builtin_frame_address(0) of a function
// compiled with -fno-omit-frame-pointer. That function needs no call frame information of its own.
inline Registers from_frame(const void* frame_address) {
  const auto* frame = static_cast<const uintptr_t*>(frame_address);
  return {plain_code_address(frame[1]), reinterpret_cast<uintptr_t>(frame + 2), frame[0], false};
}

// The interrupted code, from the third argument of an SA_SIGINFO handler.
inline Registers from_ucontext(const ucontext_t& context) {
#if defined(__x86_64__)
  const auto& regs = context.uc_mcontext.gregs;
  return {static_cast<uintptr_t>(regs[REG_RIP]), static_cast<uintptr_t>(regs[REG_RSP]),
          static_cast<uintptr_t>(regs[REG_RBP]), true};
#elif defined(__aarch64__)
  const auto& machine = context.uc_mcontext;
  return {static_cast<uintptr_t>(machine.pc),
          static_cast<uintptr_t>(machine.sp),
          static_cast<uintptr_t>(machine.regs[29]),
          true,
          false,
          plain_code_address(static_cast<uintptr_t>(machine.regs[30]))};
#endif
}

}  // namespace dbgtrace::hooks::stack
