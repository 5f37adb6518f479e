// SPDX-License-Identifier: Apache-2.0
// From an object's .eh_frame_hdr to the rule for one pc: search the sorted table, parse the one
// function entry, run its program. Nothing is built and nothing is kept; a lookup costs 100-300 ns,
// which the PcTable pays once per pc. Every byte read lies in [cfi_start, cfi_end) of the object.
#pragma once

#include <cstdint>

#include "hooks/stack/cfa_program.hpp"
#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/rule.hpp"

namespace dbgtrace::hooks::stack {

// no_cfi() if the pc is not covered, or the data make no sense; complex() if they do, but do not
// fit into a rule. Thread-safety: yes. Signal-safety: yes. Allocates: never.
Rule rule_from_eh_frame(const CodeObject& object, uintptr_t pc);

// Of aarch64 code that was interrupted at this pc. False: nothing is known, or nothing simple.
bool interrupted_frame(const CodeObject& object, uintptr_t pc, InterruptedFrame& frame);

// Whether the object's search table has a function that starts at this very pc.
bool starts_function(const CodeObject& object, uintptr_t pc);

}  // namespace dbgtrace::hooks::stack
