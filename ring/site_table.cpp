// SPDX-License-Identifier: Apache-2.0
#include "ring/site_table.hpp"

#include "ring/history_writer.hpp"

namespace dbgtrace::ring {
namespace {

constexpr uint32_t kProbes = 16;
constexpr uint64_t kBeingFolded = 2;       // as a hash
constexpr uint32_t kLeastArenaWords = 64;  // below that the arena counts as full

void fill(const Ledger& ledger, Site& site, SiteKind kind, const NewStack& stack) {
  site.first_us = stack.time_us;
  site.stack = store_stack(ledger, stack);
  std::atomic_ref<uint32_t>(site.next_point_ds).store(kNoPoint, std::memory_order_relaxed);
  if (!ledger.every_allocation() && kind != SiteKind::kFreeing) give_history(ledger, site);
  std::atomic_ref<uint16_t>(site.kind).store(static_cast<uint16_t>(kind),
                                             std::memory_order_release);
}

// Sites by hash: the slots where a hash may lie, in order.
class Probe {
 public:
  Probe(const Ledger& ledger, uint64_t stack_hash)
      : mask_(ledger.section(SectionKind::kSites).capacity - 1),
        home_(static_cast<uint32_t>(stack_hash >> 20) & mask_) {}

  // The next slot's number; 0: there are no more.
  uint32_t next() {
    for (; tried_ < kProbes; ++tried_) {
      const uint32_t slot = (home_ + tried_) & mask_;
      if (slot == 0) continue;
      ++tried_;
      return slot;
    }
    return 0;
  }

 private:
  uint32_t mask_;
  uint32_t home_;
  uint32_t tried_ = 0;
};

// 0 is the mark of an empty slot, the next ones are kept for slots in transition.
uint64_t key_of(uint64_t stack_hash) {
  return stack_hash > kBeingFolded ? stack_hash : stack_hash + kBeingFolded + 1;
}

uint64_t hash_in(const Site& site) { return __atomic_load_n(&site.stack_hash, __ATOMIC_ACQUIRE); }

Site* slot_at(const Ledger& ledger, uint32_t slot) {
  return ledger.entry_in_page<Site>(SectionKind::kSites, slot);
}

uint32_t id_of(uint32_t slot, const Site& site) {
  return generation_of(site) << kSiteSlotBits | slot;
}

// How much a site tells: what it does, and what it holds in pieces of 256 bytes.
uint64_t heat_of(const Site& site) {
  const uint64_t live_bytes = Ledger::load(site.live_bytes);
  const uint64_t held = static_cast<int64_t>(live_bytes) > 0 ? live_bytes >> 8 : 0;
  return Ledger::load(site.births) + Ledger::load(site.deaths) + held;
}

// A site that may be folded; unfinished ones and those whose generations are used up stay.
bool may_go(const Site& site) {
  const uint16_t kind = __atomic_load_n(&site.kind, __ATOMIC_ACQUIRE);
  return hash_in(site) > kBeingFolded && generation_of(site) < kLastSiteGeneration &&
         (kind == static_cast<uint16_t>(SiteKind::kHeap) ||
          kind == static_cast<uint16_t>(SiteKind::kFreeing));
}

bool arena_is_full(const Ledger& ledger) {
  const uint32_t used = __atomic_load_n(&ledger.live().stacks_used, __ATOMIC_RELAXED);
  const uint32_t capacity = ledger.section(SectionKind::kStacks).capacity;
  return used > capacity || capacity - used < kLeastArenaWords;
}

struct Coldest {
  uint32_t slot = 0;  // 0: none may go
  uint64_t heat = kNoVacancy;
};

Coldest coldest_of(const Ledger& ledger, uint64_t key) {
  Coldest coldest;
  Probe probe(ledger, key);
  while (const uint32_t slot = probe.next()) {
    const Site* site = slot_at(ledger, slot);
    if (site == nullptr) break;
    if (!may_go(*site)) continue;
    if (const uint64_t heat = heat_of(*site); heat < coldest.heat) coldest = {slot, heat};
  }
  return coldest;
}

uint64_t take_out(uint64_t& word) {
  return std::atomic_ref<uint64_t>(word).exchange(0, std::memory_order_relaxed);
}

double take_out(double& word) {
  return std::atomic_ref<double>(word).exchange(0, std::memory_order_relaxed);
}

// Moves all sums of a site whose hash is kBeingFolded into "other". What another thread adds
// meanwhile counts for the slot's next stack: totals stay complete.
void fold_into_other(const Ledger& ledger, Site& site, Site& other) {
  // From here on ids of the old generation mean "other".
  std::atomic_ref<uint32_t>(site.history_generation).fetch_add(1u << 24, std::memory_order_acq_rel);
  Ledger::add(other.births, take_out(site.births));
  Ledger::add(other.birth_bytes, take_out(site.birth_bytes));
  Ledger::add(other.deaths, take_out(site.deaths));
  Ledger::add(other.temporary, take_out(site.temporary));
  Ledger::add(other.birth_excess_q15, take_out(site.birth_excess_q15));
  Ledger::add(other.death_excess_q15, take_out(site.death_excess_q15));
  Ledger::add(other.weight_variance, take_out(site.weight_variance));
  Ledger::add(other.bytes_variance, take_out(site.bytes_variance));
  const uint64_t live_bytes = take_out(site.live_bytes);
  Ledger::add(other.live_bytes, live_bytes);
  if (Ledger::raise(other.peak_live_bytes, Ledger::load(other.live_bytes)))
    other.peak_us = site.peak_us;
  site.peak_live_bytes = 0;
  fold_history(ledger, site, other);
  Ledger::add(ledger.lost().sites_folded, 1);
}

// Kinds are told apart in the sums of "other": what frees has none that count.
void drop_sums(Site& site) {
  std::atomic_ref<uint32_t>(site.history_generation).fetch_add(1u << 24, std::memory_order_acq_rel);
  take_out(site.births);
  take_out(site.birth_bytes);
}

SiteRef replace_coldest(const Ledger& ledger, uint64_t key, SiteKind kind, const NewStack& stack) {
  const Coldest coldest = coldest_of(ledger, key);
  Site* other = slot_at(ledger, 0);
  if (coldest.slot == 0 || other == nullptr) return {0, nullptr};
  Site& site = *slot_at(ledger, coldest.slot);
  std::atomic_ref<uint64_t> hash(site.stack_hash);
  uint64_t seen = hash_in(site);
  if (seen <= kBeingFolded ||
      !hash.compare_exchange_strong(seen, kBeingFolded, std::memory_order_acq_rel))
    return {0, nullptr};
  const bool is_freeing = site.kind == static_cast<uint16_t>(SiteKind::kFreeing);
  std::atomic_ref<uint16_t>(site.kind).store(0, std::memory_order_relaxed);
  if (is_freeing)
    drop_sums(site);
  else
    fold_into_other(ledger, site, *other);
  fill(ledger, site, kind, stack);
  hash.store(key, std::memory_order_release);
  return {id_of(coldest.slot, site), &site};
}

}  // namespace

bool is_site_of(const Site& site, uint64_t stack_hash) {
  return hash_in(site) == key_of(stack_hash);
}

SiteRef find_site(const Ledger& ledger, uint64_t stack_hash) {
  const uint64_t key = key_of(stack_hash);
  Probe probe(ledger, key);
  while (const uint32_t slot = probe.next()) {
    Site* site = slot_at(ledger, slot);
    if (site == nullptr) break;
    const uint64_t seen = hash_in(*site);
    if (seen == key) return {id_of(slot, *site), site};
    if (seen == 0) return {arena_is_full(ledger) ? 0 : kVacant, nullptr};
  }
  return {0, nullptr};
}

uint64_t price_of_site(const Ledger& ledger, uint64_t stack_hash) {
  const uint64_t key = key_of(stack_hash);
  Probe probe(ledger, key);
  while (const uint32_t slot = probe.next()) {
    const Site* site = slot_at(ledger, slot);
    if (site == nullptr) return kNoVacancy;
    if (hash_in(*site) == 0) return arena_is_full(ledger) ? kNoVacancy : 0;
  }
  return arena_is_full(ledger) ? kNoVacancy : coldest_of(ledger, key).heat;
}

SiteRef find_or_make_site(const Ledger& ledger, uint64_t stack_hash, SiteKind kind,
                          const NewStack& stack, Fold fold) {
  const uint64_t key = key_of(stack_hash);
  Probe probe(ledger, key);
  while (const uint32_t slot = probe.next()) {
    Site* site = slot_at(ledger, slot);
    if (site == nullptr) break;
    std::atomic_ref<uint64_t> hash(site->stack_hash);
    uint64_t seen = hash.load(std::memory_order_acquire);
    if (seen == 0 && hash.compare_exchange_strong(seen, key, std::memory_order_acq_rel)) {
      fill(ledger, *site, kind, stack);
      std::atomic_ref<uint32_t>(ledger.live().sites_used).fetch_add(1, std::memory_order_relaxed);
      return {id_of(slot, *site), site};
    }
    if (seen == key) return {id_of(slot, *site), site};
  }
  if (fold == Fold::kColdest) {
    if (const SiteRef site = replace_coldest(ledger, key, kind, stack); site.site != nullptr)
      return site;
  }
  Ledger::add(ledger.lost().site_table_full, 1);
  return {0, slot_at(ledger, 0)};
}

}  // namespace dbgtrace::ring
