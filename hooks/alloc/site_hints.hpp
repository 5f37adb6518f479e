// SPDX-License-Identifier: Apache-2.0
// Where the site of a stack was last found, by the stack's hash. The site table is several
// megabytes of which a search touches a handful of lines; a hint and its site are two. A hint need
// not be right: the site itself says whose it is.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes. Signal-safety: yes. Allocates: never (64 KiB of .bss, touched as used).
class SiteHints {
 public:
  constexpr SiteHints() = default;

  // A null pointer: not known here.
  ring::SiteRef find(const ring::Ledger& ledger, uint64_t stack_hash) const {
    const uint32_t id = slots_[slot_of(stack_hash)].load(std::memory_order_relaxed);
    ring::Site* site = id == 0 ? nullptr : ring::site_if_same(ledger, id);
    if (site == nullptr || !ring::is_site_of(*site, stack_hash)) return {0, nullptr};
    return {id, site};
  }
  void note(uint64_t stack_hash, uint32_t site_id) {
    used_.store(true, std::memory_order_relaxed);
    slots_[slot_of(stack_hash)].store(site_id, std::memory_order_relaxed);
  }
  // A new recording has sites of its own, perhaps fewer. Nobody may be looking. The table is
  // touched only if it was used.
  void forget() {
    if (!used_.exchange(false, std::memory_order_relaxed)) return;
    for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr uint32_t kSlots = 1 << 14;

  static uint64_t slot_of(uint64_t stack_hash) { return stack_hash % kSlots; }

  std::atomic<bool> used_{false};
  std::atomic<uint32_t> slots_[kSlots]{};
};

extern constinit SiteHints g_site_hints __attribute__((visibility("hidden")));

}  // namespace dbgtrace::hooks::alloc
