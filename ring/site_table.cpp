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

// Sites by hash: the slots where a hash may lie, in order, and which of them to pass over.
class Probe {
 public:
  Probe(const Ledger& ledger, uint64_t stack_hash)
      : mask_(ledger.section(SectionKind::kSites).capacity - 1),
        id_(static_cast<uint32_t>(stack_hash >> 20) & mask_) {}

  // The next slot's number; 0: there are no more.
  uint32_t next() {
    for (; tried_ < kProbes; ++tried_) {
      const uint32_t id = (id_ + tried_) & mask_;
      if (id == 0) continue;
      ++tried_;
      return id;
    }
    return 0;
  }

 private:
  uint32_t mask_;
  uint32_t id_;
  uint32_t tried_ = 0;
};

// 0 is the mark of an empty slot.
uint64_t key_of(uint64_t stack_hash) { return stack_hash != 0 ? stack_hash : 1; }

}  // namespace

SiteRef find_site(const Ledger& ledger, uint64_t stack_hash) {
  stack_hash = key_of(stack_hash);
  Probe probe(ledger, stack_hash);
  while (const uint32_t id = probe.next()) {
    Site* site = site_at(ledger, id);
    if (site == nullptr) break;
    const uint64_t seen =
        std::atomic_ref<uint64_t>(site->stack_hash).load(std::memory_order_acquire);
    if (seen == stack_hash) return {id, site};
    if (seen == 0) break;
  }
  return {0, nullptr};
}

SiteRef find_or_make_site(const Ledger& ledger, uint64_t stack_hash, SiteKind kind,
                          const NewStack& stack) {
  stack_hash = key_of(stack_hash);
  Probe probe(ledger, stack_hash);
  while (const uint32_t id = probe.next()) {
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
