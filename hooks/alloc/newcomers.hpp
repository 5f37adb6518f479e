// SPDX-License-Identifier: Apache-2.0
// Stacks that found the site table full. They are "other", until one of them has done more than the
// coldest of the sites that it could have: then it takes that one's place. So a table that a noisy
// start filled still gets to know what is busy later, and stacks that come once push nobody out.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes; counts may be lost where threads meet. Signal-safety: yes. Allocates: never.
class Newcomers {
 public:
  constexpr Newcomers() = default;

  // A new recording: nobody is known. The table is touched only if it was used.
  void forget();

  // Whether this stack is known to have no site. Asked before the site table, where it saves a long
  // search; every now and then it says no, so that admits() can be asked.
  bool keeps_out(uint64_t stack_hash);

  // For a stack that has no site and found no empty slot.
  bool admits(const ring::Ledger& ledger, uint64_t stack_hash);

 private:
  static constexpr uint32_t kSlots = 8192;
  static constexpr uint64_t kCountMask = 0xffff;

  std::atomic<uint64_t>& slot_of(uint64_t stack_hash) {
    return slots_[(stack_hash >> 32) % kSlots];
  }
  static uint64_t tag_of(uint64_t stack_hash) { return stack_hash & ~kCountMask; }

  std::atomic<bool> used_{false};
  std::atomic<uint64_t> slots_[kSlots]{};  // upper 48 bits of the hash, how often it came
};

extern constinit Newcomers g_newcomers;

}  // namespace dbgtrace::hooks::alloc
