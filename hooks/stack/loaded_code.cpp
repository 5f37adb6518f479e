// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/loaded_code.hpp"

#include "hooks/stack/rule_lookup.hpp"

namespace dbgtrace::hooks::stack {

constinit LoadedCode loaded_code;

// Rules first: who sees the new version must not meet an old rule.
void LoadedCode::unloaded(uintptr_t low, uintptr_t high) {
  uintptr_t seen = unloaded_low_.load(std::memory_order_relaxed);
  while (low < seen && !unloaded_low_.compare_exchange_weak(seen, low)) {
  }
  seen = unloaded_high_.load(std::memory_order_relaxed);
  while (high > seen && !unloaded_high_.compare_exchange_weak(seen, high)) {
  }
  generation_.fetch_add(1, std::memory_order_relaxed);
  known_rules.clear_range(low, high);
  version_.fetch_add(1, std::memory_order_release);
}

void LoadedCode::doubt() {
  known_rules.clear();
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace dbgtrace::hooks::stack
