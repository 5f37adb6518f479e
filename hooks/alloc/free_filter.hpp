// SPDX-License-Identifier: Apache-2.0
// Answers "not a sampled block" for almost every free with one load from 32 KiB that stay in the
// cache: a byte counts the sampled blocks whose address falls on it. Zero before anything is
// initialised, so free works from the first instruction.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes. Signal-safety: yes. Allocates: never.
class FreeFilter {
 public:
  static constexpr uint32_t kSlots = 32768;

  // False: the address is certainly not in the live table.
  bool may_hold(uintptr_t address) const {
    return count_of(address).load(std::memory_order_relaxed) != 0;
  }
  const std::atomic<uint8_t>& count_of(uintptr_t address) const { return counts_[slot(address)]; }

  void add(uintptr_t address) {
    if (!holds_all_.load(std::memory_order_relaxed)) change(address, 1);
  }
  void remove(uintptr_t address) {
    if (!holds_all_.load(std::memory_order_relaxed)) change(address, -1);
  }

  // Every block may be in the table from now on: nothing is counted any more.
  void hold_all() {
    fill(kStuck);
    holds_all_.store(true, std::memory_order_relaxed);
  }
  // None is. Only where no block in the table matters any more.
  void hold_none() {
    holds_all_.store(false, std::memory_order_relaxed);
    fill(0);
  }

 private:
  // A full count stays: a false "maybe" costs a look-up, a false "no" a leak.
  static constexpr uint8_t kStuck = 255;

  void fill(uint8_t value) {
    for (auto& count : counts_) count.store(value, std::memory_order_relaxed);
  }
  // Of the lower half of the address: 32-bit constants cost no instruction of their own.
  static uint32_t slot(uintptr_t address) {
    return static_cast<uint32_t>(address) * 0x9e3779b1u >> (32 - 15);
  }
  void change(uintptr_t address, int by) {
    auto& count = counts_[slot(address)];
    uint8_t old = count.load(std::memory_order_relaxed);
    do {
      if (old == kStuck || (old == 0 && by < 0)) return;
    } while (!count.compare_exchange_weak(old, static_cast<uint8_t>(old + by),
                                          std::memory_order_relaxed));
  }

  std::atomic<uint8_t> counts_[kSlots]{};
  std::atomic<bool> holds_all_{false};
};

extern constinit FreeFilter g_free_filter __attribute__((visibility("hidden")));

}  // namespace dbgtrace::hooks::alloc
