// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/walk.hpp"

#include <algorithm>

#include "hooks/stack/frame_store.hpp"
#include "hooks/stack/rule_lookup.hpp"
#include "hooks/stack/step.hpp"

namespace dbgtrace::hooks::stack {

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
      const Stepped stepped = step_rarely(rule, regs.pc, regs.sp, regs.fp, regs.exact,
                                          regs.fetch_failed, link_of(regs), stack, calls);
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
