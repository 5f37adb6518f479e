// SPDX-License-Identifier: Apache-2.0
// Which code lies at an address is not for ever: after a dlclose the same pcs may mean other
// functions. Two things follow. Stacks through a range that was ever unloaded carry a load
// generation in their identity; and whatever was derived from call frame information (rules, memos)
// is dropped. Frames that a JIT compiler registers with libgcc need no such care: no rule is ever
// made of them.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::stack {

// Thread-safety: yes. Signal-safety: yes. Allocates: never.
class LoadedCode {
 public:
  constexpr LoadedCode() = default;

  // The code in [low, high) is gone, and something else may lie there.
  void unloaded(uintptr_t low, uintptr_t high);
  // Something may have been unloaded, nobody knows what: drops all rules and memos.
  void doubt();

  // 0 where nothing was ever unloaded; part of a stack's identity.
  uint64_t generation_of(uintptr_t pc) const {
    if (pc < unloaded_low_.load(std::memory_order_relaxed) ||
        pc >= unloaded_high_.load(std::memory_order_relaxed)) [[likely]]
      return 0;
    return generation_.load(std::memory_order_relaxed);
  }
  // Another number each time that something known of code may be wrong.
  uint32_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  // One hull is enough: plug-ins lie close together.
  std::atomic<uintptr_t> unloaded_low_{~uintptr_t{0}};
  std::atomic<uintptr_t> unloaded_high_{0};
  std::atomic<uint64_t> generation_{0};
  std::atomic<uint32_t> version_{0};
};

[[gnu::visibility("hidden")]] extern constinit LoadedCode loaded_code;

}  // namespace dbgtrace::hooks::stack
