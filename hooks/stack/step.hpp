// SPDX-License-Identifier: Apache-2.0
// One frame up, as every walk does it: by the rule, and for the few rules that are no plain return
// into ordinary code, with what their kinds ask for beside it.
#pragma once

#include "hooks/stack/registers.hpp"
#include "hooks/stack/rule.hpp"
#include "hooks/stack/stack_bounds.hpp"
#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

struct Stepped {
  Step step;
  Registers regs;
};

// Everything but a plain return into ordinary code. One by one and by value: if the registers of a
// walk's loop had an address, or formed a struct here, each frame would wait for memory or for a
// vector register, and take twice the time.
[[gnu::noinline]] Stepped step_rarely(Rule rule, uintptr_t pc, uintptr_t sp, uintptr_t fp,
                                      bool exact, bool fetch_failed, uintptr_t link,
                                      StackView& stack, SystemCalls calls);

// On anything but kFrame the registers are as they were.
[[gnu::always_inline]] inline Step take_step(Rule rule, Registers& regs, StackView& stack,
                                             SystemCalls calls) {
  if (is_common(rule)) [[likely]]
    return execute_common(rule, regs, stack);
  const Stepped stepped = step_rarely(rule, regs.pc, regs.sp, regs.fp, regs.exact,
                                      regs.fetch_failed, link_of(regs), stack, calls);
  regs = stepped.regs;
  return stepped.step;
}

}  // namespace dbgtrace::hooks::stack
