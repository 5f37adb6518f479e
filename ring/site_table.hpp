// SPDX-License-Identifier: Apache-2.0
// Finds or makes the site of a stack: open addressing by stack hash in the mapped file, at most
// kProbes slots looked at. Slot 0 is "other", which takes what found no slot, so that totals over
// sites stay complete.
#pragma once

#include "ring/stack_writer.hpp"

namespace dbgtrace::ring {

struct SiteRef {
  uint32_t id;
  Site* site;  // null only if the disk refused even slot 0
};

// The site of a stack that is already there, a null pointer else.
// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
SiteRef find_site(const Ledger& ledger, uint64_t stack_hash);

// Thread-safety: yes, lock-free: a slot is claimed by CAS on its hash. Signal-safety: yes.
// Allocates: never.
SiteRef find_or_make_site(const Ledger& ledger, uint64_t stack_hash, SiteKind kind,
                          const NewStack& stack);

// The entry of a known id, null if the space was refused.
inline Site* site_at(const Ledger& ledger, uint32_t id) {
  return ledger.entry<Site>(SectionKind::kSites, id);
}

// The long memory of a site, null if it has none.
History* history_of(const Ledger& ledger, const Site& site);

}  // namespace dbgtrace::ring
