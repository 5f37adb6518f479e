// SPDX-License-Identifier: Apache-2.0
// How to get from one frame to its caller, in 32 bits, and the step that obeys it. A rule is all
// that the walk keeps of a function's call frame information; it fits with the pc into one atomic
// word of the PcTable. Executing a rule is a pure function of the registers and the words it reads.
//
//   bits 0..2 kind | bits 3..10 slot | bits 11..31 offset / 8
//
// The return address is at CFA - 8. `slot` says where the caller's rbp is: at CFA - 8 * slot, or
// still in rbp (0).
#pragma once

#include <cstdint>

#include "hooks/stack/registers.hpp"

namespace dbgtrace::hooks::stack {

enum class RuleKind : uint32_t {
  kEmpty,     // no rule: an unused slot of the table
  kRsp,       // CFA = rsp + offset
  kRbp,       // CFA = rbp + offset
  kPlt,       // linkage stub: CFA = rsp + 8, and 8 more from byte `slot` of its 16 bytes on
  kSigframe,  // the return from a signal handler: rsp points to the ucontext (on aarch64 the frame
              // pointer does, from behind it)
  kDrap,      // realigned frame: CFA = *(rbp - offset); with slot 1 the caller's rbp is *rbp
  kNoCfi,  // nothing is known about this pc: step by the frame pointer; with offset 8 that is how
           // this code is meant to be stepped over
  kStop,   // offset 0: outermost frame; else a rule that this encoding cannot hold
};

class Rule {
 public:
  static constexpr uint64_t kMaxOffset = ((1u << 21) - 1) * uint64_t{8};
  static constexpr uint64_t kMaxSlot = 255;

  constexpr Rule() = default;
  constexpr explicit Rule(uint32_t word) : word_(word) {}
  constexpr Rule(RuleKind kind, uint64_t offset_bytes, uint64_t slot)
      : word_(static_cast<uint32_t>(kind) | static_cast<uint32_t>(slot) << 3 |
              static_cast<uint32_t>(offset_bytes / 8) << 11) {}

  static constexpr Rule no_cfi() { return {RuleKind::kNoCfi, 0, 0}; }
  static constexpr Rule frame_record() { return {RuleKind::kNoCfi, 8, 0}; }
  static constexpr Rule outermost() { return {RuleKind::kStop, 0, 0}; }
  static constexpr Rule complex() { return {RuleKind::kStop, 8, 0}; }

  constexpr RuleKind kind() const { return static_cast<RuleKind>(word_ & 7); }
  constexpr uintptr_t slot() const { return word_ >> 3 & 0xff; }
  constexpr uintptr_t offset() const { return uintptr_t{word_ >> 11} * 8; }
  constexpr uint32_t word() const { return word_; }
  constexpr bool empty() const { return kind() == RuleKind::kEmpty; }
  constexpr bool operator==(const Rule&) const = default;

 private:
  uint32_t word_ = 0;
};

enum class Step : uint8_t {
  kFrame,       // the registers are the caller's now
  kOutermost,   // there is no caller
  kComplex,     // the caller cannot be told by a 32-bit rule (hand-written assembly)
  kBroken,      // the stack contradicts the rule
  kUnreadable,  // a word is outside of what may be read
};

// Above it a frame without call frame information is taken for a misread rbp.
inline constexpr uintptr_t kMaxUnknownFrameBytes = 128u << 10;
inline constexpr uintptr_t kLowestCode = 4096;
inline constexpr uintptr_t kHighestCode = uintptr_t{1} << 48;

// Where the kernel's signal frame keeps them, seen from the ucontext.
#if defined(__aarch64__)
inline constexpr uintptr_t kUcontextFp = 416;
inline constexpr uintptr_t kUcontextLink = 424;
inline constexpr uintptr_t kUcontextSp = 432;
inline constexpr uintptr_t kUcontextPc = 440;
// From the ucontext to the frame record that the kernel puts behind it; more where the vector
// registers are so large that they outgrow the frame.
inline constexpr uintptr_t kUcontextBytes = 4560;
#else
inline constexpr uintptr_t kUcontextFp = 120;
inline constexpr uintptr_t kUcontextSp = 160;
inline constexpr uintptr_t kUcontextPc = 168;
#endif

// rbp -> {caller's rbp, return address}; aarch64's x29 points to the same pair.
template <typename Stack>
Step step_by_frame_pointer(Registers& regs, Stack& stack) {
  const uintptr_t fp = regs.fp;
  if (fp == 0) return Step::kOutermost;
  if (fp % 8 != 0 || fp < regs.sp || fp - regs.sp > kMaxUnknownFrameBytes) return Step::kBroken;
  uintptr_t caller_fp;
  uintptr_t pc;
  if (!stack.read(fp, caller_fp) || !stack.read(fp + 8, pc)) return Step::kUnreadable;
  pc = plain_code_address(pc);
  if (pc == 0) return Step::kOutermost;
  if (pc < kLowestCode || pc >= kHighestCode) return Step::kBroken;
  regs = {pc, fp + 16, caller_fp, false};
  return Step::kFrame;
}

template <typename Stack>
Step step_out_of_signal(Registers& regs, Stack& stack) {
#if defined(__aarch64__)
  // The record names the interrupted function's frame and caller, but not the function itself: that
  // stands in the ucontext, which is the right one if it says the same.
  const uintptr_t context = regs.fp - kUcontextBytes;
  uintptr_t recorded_fp, recorded_link, link;
  if (!stack.read(regs.fp, recorded_fp) || !stack.read(regs.fp + 8, recorded_link))
    return Step::kUnreadable;
  Registers interrupted{.exact = true};
  if (!stack.read(context + kUcontextPc, interrupted.pc) ||
      !stack.read(context + kUcontextSp, interrupted.sp) ||
      !stack.read(context + kUcontextFp, interrupted.fp) ||
      !stack.read(context + kUcontextLink, link) || interrupted.fp != recorded_fp ||
      link != recorded_link) {
    return step_by_frame_pointer(regs, stack);
  }
  set_link(interrupted, link);
#else
  const uintptr_t context = regs.sp;
  Registers interrupted{.exact = true};
  if (!stack.read(context + kUcontextPc, interrupted.pc) ||
      !stack.read(context + kUcontextSp, interrupted.sp) ||
      !stack.read(context + kUcontextFp, interrupted.fp)) {
    return Step::kUnreadable;
  }
#endif
  regs = interrupted;
  return Step::kFrame;
}

// The caller's registers once the CFA is known. fp_address 0: rbp is as it was.
template <typename Stack>
[[gnu::always_inline]] inline Step step_to_cfa(uintptr_t cfa, uintptr_t fp_address, Registers& regs,
                                               Stack& stack) {
  if (cfa <= regs.sp || cfa % 8 != 0) [[unlikely]]
    return Step::kBroken;
  uintptr_t pc;
  uintptr_t fp = regs.fp;
  if (!stack.read(cfa - 8, pc)) [[unlikely]]
    return Step::kUnreadable;
  if (fp_address != 0 && !stack.read(fp_address, fp)) [[unlikely]]
    return Step::kUnreadable;
  if (pc == 0) [[unlikely]]
    return Step::kOutermost;
  regs.pc = pc;
  regs.sp = cfa;
  regs.fp = fp;
  regs.exact = false;
  return Step::kFrame;
}

// The two kinds that all but a few frames have.
inline bool is_common(Rule rule) {
  static_assert(static_cast<uint32_t>(RuleKind::kRsp) == 1);
  static_assert(static_cast<uint32_t>(RuleKind::kRbp) == 2);
  return static_cast<uint32_t>(rule.kind()) - 1 < 2;
}

template <typename Stack>
[[gnu::always_inline]] inline Step execute_common(Rule rule, Registers& regs, Stack& stack) {
  const uintptr_t base = rule.kind() == RuleKind::kRbp ? regs.fp : regs.sp;
  const uintptr_t cfa = base + rule.offset();
  return step_to_cfa(cfa, rule.slot() != 0 ? cfa - 8 * rule.slot() : 0, regs, stack);
}

// Stack: bool read(uintptr_t address, uintptr_t& word), false if the address may not be read.
// On anything but kFrame the registers are as they were.
template <typename Stack>
Step execute(Rule rule, Registers& regs, Stack& stack) {
  uintptr_t cfa;
  switch (rule.kind()) {
    case RuleKind::kRsp:
    case RuleKind::kRbp:
      return execute_common(rule, regs, stack);
    case RuleKind::kPlt:
      return step_to_cfa(regs.sp + ((regs.pc & 15) >= rule.slot() ? 16 : 8), 0, regs, stack);
    case RuleKind::kDrap:
      if (!stack.read(regs.fp - rule.offset(), cfa)) return Step::kUnreadable;
      return step_to_cfa(cfa, rule.slot() != 0 ? regs.fp : 0, regs, stack);
    case RuleKind::kSigframe:
      return step_out_of_signal(regs, stack);
    case RuleKind::kNoCfi:
      return step_by_frame_pointer(regs, stack);
    case RuleKind::kStop:
      return rule == Rule::outermost() ? Step::kOutermost : Step::kComplex;
    case RuleKind::kEmpty:
      break;
  }
  return Step::kComplex;
}

}  // namespace dbgtrace::hooks::stack
