// SPDX-License-Identifier: Apache-2.0
// The long memories: a site's thinning series and lifetimes, and the process's series in three
// resolutions. Both keep their size for ever, so a verdict after 30 days needs no more bytes than
// one after an hour.
#pragma once

#include <bit>

#include "ring/counting.hpp"
#include "ring/ledger.hpp"

namespace dbgtrace::ring {

inline constexpr uint32_t kNoPoint = ~0u;  // as a due time: never

// floor(log2(lifetime)), bucket 0 also for 0 us.
inline uint32_t lifetime_bucket(uint64_t lifetime_us) {
  const uint32_t bucket = static_cast<uint32_t>(std::bit_width(lifetime_us | 1)) - 1;
  return bucket < kLifetimeBuckets ? bucket : kLifetimeBuckets - 1;
}

// The long memory of a site, null if it has none.
// Thread-safety: yes. Signal-safety: yes. Allocates: never (as all here).
inline History* history_of(const Ledger& ledger, const Site& site) {
  const uint32_t reference =
      __atomic_load_n(&site.history_generation, __ATOMIC_ACQUIRE) & kHistoryMask;
  return reference == 0 ? nullptr : ledger.entry<History>(SectionKind::kHistories, reference - 1);
}

// Gives the site one, if there is one left.
void give_history(const Ledger& ledger, Site& site);

// The site's lifetimes go to `other`, and its memory is as new.
void fold_history(const Ledger& ledger, Site& site, const Site& other);

// A recorded block of the site died; deaths_before: how many had before it.
inline void note_lifetime(const Ledger& ledger, Site& site, uint64_t deaths_before,
                          uint64_t lifetime_us, Threads threads) {
  const uint32_t bucket = lifetime_bucket(lifetime_us);
  if (History* history = history_of(ledger, site)) [[likely]] {
    add(history->deaths[bucket], 1, threads);
  } else if (deaths_before < kFirstLifetimes) {
    std::atomic_ref<uint8_t>(site.first_lifetimes[deaths_before])
        .store(static_cast<uint8_t>(bucket + 1), std::memory_order_relaxed);
  }
}

// A point of the site's series, if one is due; it is claimed by one thread.
void write_site_point(const Ledger& ledger, Site& site, uint32_t time_ds);
inline void note_site_point(const Ledger& ledger, Site& site, uint64_t time_us) {
  const auto time_ds = static_cast<uint32_t>(time_us / 100'000);
  if (time_ds >= __atomic_load_n(&site.next_point_ds, __ATOMIC_RELAXED)) [[unlikely]]
    write_site_point(ledger, site, time_ds);
}

// What the heap did up to now, from the sums of all threads.
struct HeapSums {
  uint64_t births;
  uint64_t birth_bytes;
  uint64_t deaths;
};
HeapSums sums_of_threads(const Ledger& ledger);

// Writes the process's point of this moment into every level.
void note_process_point(const Ledger& ledger, uint64_t time_us, uint64_t rss_bytes);

}  // namespace dbgtrace::ring
