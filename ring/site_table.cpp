// SPDX-License-Identifier: Apache-2.0
#include "ring/site_table.hpp"

namespace dbgtrace::ring {
namespace {

constexpr uint32_t kProbes = 64;

void fill(const Ledger& ledger, Site& site, uint32_t id, SiteKind kind, const NewStack& stack) {
  site.first_us = stack.time_us;
  site.stack = store_stack(ledger, stack);
  std::atomic_ref<uint32_t> next(ledger.live().histories_used);
  if (next.load(std::memory_order_relaxed) < ledger.section(SectionKind::kHistories).capacity) {
    const uint32_t index = next.fetch_add(1, std::memory_order_relaxed);
    if (auto* history = ledger.entry<History>(SectionKind::kHistories, index)) {
      history->site = id;
      history->step_ds = 1;
      std::atomic_ref<uint32_t>(site.history).store(index + 1, std::memory_order_release);
    }
  }
  std::atomic_ref<uint32_t>(ledger.live().sites_used).fetch_add(1, std::memory_order_relaxed);
  std::atomic_ref<uint16_t>(site.kind).store(static_cast<uint16_t>(kind),
                                             std::memory_order_release);
}

}  // namespace

SiteRef find_or_make_site(const Ledger& ledger, uint64_t stack_hash, SiteKind kind,
                          const NewStack& stack) {
  if (stack_hash == 0) stack_hash = 1;
  const uint32_t mask = ledger.section(SectionKind::kSites).capacity - 1;
  uint32_t id = static_cast<uint32_t>(stack_hash >> 20) & mask;
  for (uint32_t probe = 0; probe < kProbes; ++probe, id = (id + 1) & mask) {
    if (id == 0) continue;
    Site* site = site_at(ledger, id);
    if (site == nullptr) break;
    std::atomic_ref<uint64_t> hash(site->stack_hash);
    uint64_t seen = hash.load(std::memory_order_acquire);
    if (seen == 0 && hash.compare_exchange_strong(seen, stack_hash, std::memory_order_acq_rel)) {
      fill(ledger, *site, id, kind, stack);
      return {id, site};
    }
    if (seen == stack_hash) return {id, site};
  }
  Ledger::add(ledger.lost().site_table_full, 1);
  return {0, site_at(ledger, 0)};
}

History* history_of(const Ledger& ledger, const Site& site) {
  const uint32_t reference = __atomic_load_n(&site.history, __ATOMIC_ACQUIRE);
  return reference == 0 ? nullptr : ledger.entry<History>(SectionKind::kHistories, reference - 1);
}

}  // namespace dbgtrace::ring
