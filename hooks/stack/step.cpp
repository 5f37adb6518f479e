// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/step.hpp"

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

// No instruction of the callee has run, so that the return address is still on top of the stack. It
// must lie in an object, else it was a jump or a return.
bool step_out_of_wild_call(Registers& regs, StackView& stack) {
  CodeObject object;
  uintptr_t caller;
  if (!stack.read(regs.sp, caller) || !find_object(caller - 1, object)) return false;
  regs = {.pc = caller, .sp = regs.sp + 8, .fp = regs.fp};
  return true;
}

}  // namespace

Stepped step_rarely(Rule rule, uintptr_t pc, uintptr_t sp, uintptr_t fp, bool exact,
                    bool fetch_failed, StackView& stack, SystemCalls calls) {
  Registers regs{pc, sp, fp, exact, fetch_failed};
  if (rule.kind() == RuleKind::kNoCfi) {
    if (kCallPushes && regs.exact && is_wild(regs, calls) && step_out_of_wild_call(regs, stack)) {
      return {Step::kFrame, regs};
    }
    stack.distrust();
  }
  const Step step = execute(rule, regs, stack);
  if (step == Step::kFrame && regs.exact) stack.enter(regs.sp);
  return {step, regs};
}

}  // namespace dbgtrace::hooks::stack
