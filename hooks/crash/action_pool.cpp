// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/action_pool.hpp"

#include <atomic>

// First of the stubs, all of one size, in handler_stubs.cpp.
extern "C" __attribute__((visibility("hidden"))) const char dbgtrace_handler_stubs[];

namespace dbgtrace::hooks::crash {
namespace {

// handler << 8 | hidden << 1 | 1 in one word, so that an entry is either there or not.
constexpr uint32_t kHandlerShift = 8;
constexpr uintptr_t kHandlerLimit = uintptr_t{1} << (64 - kHandlerShift);

// The default action has a stub for each combination; they need no entry.
constinit std::atomic<uint64_t> g_entries[kStubs - kHiddenCombinations] = {};

uintptr_t address_of(uint32_t number) {
  return reinterpret_cast<uintptr_t>(dbgtrace_handler_stubs) + uintptr_t{number} * kStubBytes;
}

}  // namespace

uintptr_t stub_for(Action action) {
  if (action.handler == 0) return address_of(action.hidden);
  if (action.handler >= kHandlerLimit) return 0;
  const uint64_t wanted = uint64_t{action.handler} << kHandlerShift | action.hidden << 1 | 1;
  for (uint32_t i = 0; i < kStubs - kHiddenCombinations; ++i) {
    uint64_t found = g_entries[i].load(std::memory_order_acquire);
    if (found == 0 &&
        g_entries[i].compare_exchange_strong(found, wanted, std::memory_order_acq_rel)) {
      found = wanted;
    }
    if (found == wanted) return address_of(kHiddenCombinations + i);
  }
  return 0;
}

bool find_action(uintptr_t address, Action& action) {
  const uintptr_t distance = address - address_of(0);
  if (distance >= kStubs * kStubBytes || distance % kStubBytes != 0) return false;
  const auto number = static_cast<uint32_t>(distance / kStubBytes);
  action = action_at(number);
  return number < kHiddenCombinations || action.handler != 0;
}

Action action_at(uint32_t number) {
  if (number < kHiddenCombinations) return {0, number};
  const uint64_t entry = g_entries[number - kHiddenCombinations].load(std::memory_order_acquire);
  return {static_cast<uintptr_t>(entry >> kHandlerShift),
          static_cast<uint32_t>(entry >> 1) & (kHiddenCombinations - 1)};
}

}  // namespace dbgtrace::hooks::crash
