// SPDX-License-Identifier: Apache-2.0
// Finds or makes the site of a stack: open addressing by stack hash in the mapped file, a few slots
// looked at. Slot 0 is "other", which takes what found no slot, so that totals over sites stay
// complete. A slot may be taken from a stack that does little: its sums are folded into "other".
#pragma once

#include "ring/counting.hpp"
#include "ring/stack_writer.hpp"

namespace dbgtrace::ring {

struct SiteRef {
  uint32_t id;
  Site* site;  // null only if the disk refused even slot 0
};

inline uint32_t slot_of(uint32_t site_id) { return site_id & kSiteSlotMask; }
inline uint32_t generation_of(const Site& site) {
  return __atomic_load_n(&site.history_generation, __ATOMIC_RELAXED) >> 24;
}

// The entry of a known id; of "other" if its slot was taken by another stack meanwhile. Null if the
// space was refused. Thread-safety: yes. Signal-safety: yes. Allocates: never.
inline Site* site_at(const Ledger& ledger, uint32_t id) {
  Site* site = ledger.entry_in_page<Site>(SectionKind::kSites, slot_of(id));
  if (site != nullptr && generation_of(*site) == id >> kSiteSlotBits) [[likely]]
    return site;
  return ledger.entry<Site>(SectionKind::kSites, 0);
}

// The same of an id that was found in this recording: null if its slot was taken meanwhile.
inline Site* site_if_same(const Ledger& ledger, uint32_t id) {
  auto* sites =
      reinterpret_cast<Site*>(ledger.base() + ledger.section(SectionKind::kSites).offset_bytes);
  Site& site = sites[slot_of(id)];
  return generation_of(site) == id >> kSiteSlotBits ? &site : nullptr;
}

// Whether this is the site of the stack with that hash. Thread-safety: yes. Signal-safety: yes.
// Allocates: never.
bool is_site_of(const Site& site, uint64_t stack_hash);

// The site of a stack that is already there; a null pointer else, with the id kVacant if there is
// room for it. Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
inline constexpr uint32_t kVacant = ~0u;
SiteRef find_site(const Ledger& ledger, uint64_t stack_hash);

// What a stack that has no site must have done to get one: 0 where a slot is empty, ~0 where none
// can be had. Thread-safety: yes. Signal-safety: yes. Allocates: never.
inline constexpr uint64_t kNoVacancy = ~uint64_t{0};
uint64_t price_of_site(const Ledger& ledger, uint64_t stack_hash);

// kColdest: where no slot is empty the coldest site is folded into "other".
enum class Fold : bool { kNever, kColdest };

// Thread-safety: yes, lock-free: a slot is claimed by CAS on its hash. Signal-safety: yes.
// Allocates: never.
SiteRef find_or_make_site(const Ledger& ledger, uint64_t stack_hash, SiteKind kind,
                          const NewStack& stack, Fold fold = Fold::kNever);

}  // namespace dbgtrace::ring
