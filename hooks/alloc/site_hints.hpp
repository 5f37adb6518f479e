// SPDX-License-Identifier: Apache-2.0
// Where the site of a stack was last found, by the stack's hash. The site table is several
// megabytes of which a search touches a handful of lines; a hint and its site are two. A hint need
// not be right: it says of which recording it is, and the site itself whose it is.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes. Signal-safety: yes. Allocates: never (128 KiB of .bss, touched as used).
class SiteHints {
 public:
  constexpr SiteHints() = default;

  // recording: its number, not 0; the ledger is its. A thread that was held up notes the site of a
  // recording that has ended, under that one's number: an id may lie outside the next one's table.
  // A null pointer: not known here.
  ring::SiteRef find(const ring::Ledger& ledger, uint32_t recording, uint64_t stack_hash) const {
    const uint64_t hint = slots_[slot_of(stack_hash)].load(std::memory_order_relaxed);
    const auto id = static_cast<uint32_t>(hint);
    ring::Site* site = hint >> 32 == recording ? ring::site_if_same(ledger, id) : nullptr;
    if (site == nullptr || !ring::is_site_of(*site, stack_hash)) return {0, nullptr};
    return {id, site};
  }
  void note(uint32_t recording, uint64_t stack_hash, uint32_t site_id) {
    slots_[slot_of(stack_hash)].store(uint64_t{recording} << 32 | site_id,
                                      std::memory_order_relaxed);
  }

 private:
  static constexpr uint32_t kSlots = 1 << 14;

  static uint64_t slot_of(uint64_t stack_hash) { return stack_hash % kSlots; }

  std::atomic<uint64_t> slots_[kSlots]{};
};

}  // namespace dbgtrace::hooks::alloc
