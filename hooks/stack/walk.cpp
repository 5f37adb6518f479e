// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/walk.hpp"

#include <algorithm>

#include "hooks/stack/frame_store.hpp"
#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/rule_lookup.hpp"

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

struct Stepped {
  Step step;
  Registers regs;
};

// Everything but a plain return into ordinary code. One by one and by value: if the registers of
// the loop below had an address, or formed a struct here, each frame would wait for memory or for a
// vector register, and take twice the time.
[[gnu::noinline]] Stepped step_rarely(Rule rule, uintptr_t pc, uintptr_t sp, uintptr_t fp,
                                      bool exact, bool fetch_failed, StackView& stack,
                                      SystemCalls calls) {
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

}  // namespace

WalkResult walk(const Registers& start, std::span<uintptr_t> out, StackBounds& own,
                SystemCalls calls) {
  WalkResult result;
  FrameStore frames(out, kLeafFrames, kRootFrames);
  StackView stack(own, calls);
  Registers regs = start;
  stack.enter(regs.sp);
  for (;;) {
    frames.push(regs.pc);
    Step step = Step::kFrame;
    if (frames.walked() == kMaxWalkedFrames) [[unlikely]] {
      result.end = step;
      break;
    }
    const Rule rule = rule_at(regs.exact ? regs.pc : regs.pc - 1, calls);
    if (is_common(rule)) [[likely]] {
      step = execute_common(rule, regs, stack);
    } else {
      const Stepped stepped =
          step_rarely(rule, regs.pc, regs.sp, regs.fp, regs.exact, regs.fetch_failed, stack, calls);
      step = stepped.step;
      regs = stepped.regs;
      if (step == Step::kFrame && regs.exact && result.interrupted == WalkResult::kNone) {
        result.interrupted = frames.walked();
      }
    }
    if (step != Step::kFrame) [[unlikely]] {
      result.end = step;
      break;
    }
  }
  frames.put_in_order();
  result.count = frames.stored();
  result.omitted = frames.walked() - result.count;
  result.leaf_count = std::min(result.count, frames.leaf_capacity());
  if (result.omitted != 0 && result.interrupted >= result.leaf_count) {
    result.interrupted = WalkResult::kNone;
  }
  result.truncated = result.omitted != 0 || result.end == Step::kFrame;
  return result;
}

}  // namespace dbgtrace::hooks::stack
