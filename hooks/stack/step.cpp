// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/step.hpp"

#include "hooks/stack/eh_frame.hpp"
#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::stack {
namespace {

// Execution stands where there is no code: a call through a wild pointer.
bool is_wild(const Registers& regs, SystemCalls calls) {
  if (regs.fetch_failed) return true;
  CodeObject object;
  return calls == SystemCalls::kAllowed && !find_object(regs.pc, object) &&
         !readable(regs.pc & ~uintptr_t{7});
}

// No instruction of the callee has run, so that the return address is still where the call put it:
// on top of the stack, or in the link register. It must lie in an object, else it was a jump or a
// return.
bool step_out_of_wild_call(Registers& regs, StackView& stack) {
  CodeObject object;
  uintptr_t caller = link_of(regs);
  if (kCallPushes && !stack.read(regs.sp, caller)) return false;
  if (!find_object(caller - 1, object)) return false;
  regs = {.pc = caller, .sp = regs.sp + (kCallPushes ? 8 : 0), .fp = regs.fp};
  return true;
}

// Where frame records tell of callers, interrupted code need not have made its own yet, or ever:
// its call frame information says where its return address is at this pc.
bool step_out_of_interrupted(Registers& regs, StackView& stack) {
  CodeObject object;
  InterruptedFrame frame;
  if (!find_object(regs.pc, object) || !interrupted_frame(object, regs.pc, frame)) return false;
  const uintptr_t cfa = (frame.cfa_from_fp ? regs.fp : regs.sp) + frame.cfa_offset;
  uintptr_t pc = link_of(regs);
  uintptr_t fp = regs.fp;
  if (cfa < regs.sp || cfa % 8 != 0) return false;
  if (frame.return_saved && !stack.read(cfa + frame.return_offset, pc)) return false;
  if (frame.fp_saved && !stack.read(cfa + frame.fp_offset, fp)) return false;
  pc = plain_code_address(pc);
  if (pc < kLowestCode || pc >= kHighestCode) return false;
  regs = {.pc = pc, .sp = cfa, .fp = fp};
  return true;
}

}  // namespace

Stepped step_rarely(Rule rule, uintptr_t pc, uintptr_t sp, uintptr_t fp, bool exact,
                    bool fetch_failed, uintptr_t link, StackView& stack, SystemCalls calls) {
  Registers regs{pc, sp, fp, exact, fetch_failed};
  set_link(regs, link);
  if (rule.kind() == RuleKind::kNoCfi) {
    if (regs.exact && is_wild(regs, calls) && step_out_of_wild_call(regs, stack)) {
      return {Step::kFrame, regs};
    }
    if (!kCallPushes && regs.exact && step_out_of_interrupted(regs, stack)) {
      return {Step::kFrame, regs};
    }
    if (rule == Rule::no_cfi()) stack.distrust();
  }
  const Step step = execute(rule, regs, stack);
  if (step == Step::kFrame && regs.exact) stack.enter(regs.sp);
  return {step, regs};
}

}  // namespace dbgtrace::hooks::stack
