// SPDX-License-Identifier: Apache-2.0
// The rule for a pc: from the process-wide table or, the first time, from the object that holds it.
// Answers of objects are remembered, "no information" too. A pc that no object holds (JIT code) is
// not: the finder's miss is as cheap as a slot, and an object may be loaded there later.
#pragma once

#include <cstdint>

#include "hooks/stack/pc_table.hpp"
#include "hooks/stack/rule.hpp"
#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

// Constant-initialised. To be cleared (the range of the object, or all) after a dlclose.
[[gnu::visibility("hidden")]] extern constinit PcTable known_rules;

Rule look_up_rule(uintptr_t key, SystemCalls calls);

// The key is the pc itself where execution was interrupted, and pc - 1 for a return address, which
// may be the first byte behind its function. Thread-safety: yes. Signal-safety: yes. Allocates: no.
inline Rule rule_at(uintptr_t key, SystemCalls calls) {
  const Rule known = known_rules.find(key);
  return known.empty() ? look_up_rule(key, calls) : known;
}

}  // namespace dbgtrace::hooks::stack
