// SPDX-License-Identifier: Apache-2.0
// The long memories: a site's thinning series and lifetimes, and the process's series in three
// resolutions. Both keep their size for ever, so a verdict after 30 days needs no more bytes than
// one after an hour.
#pragma once

#include "ring/ledger.hpp"

namespace dbgtrace::ring {

// floor(log2(lifetime)), bucket 0 also for 0 us.
uint32_t lifetime_bucket(uint64_t lifetime_us);

// A sampled block of the site was born (+1) or died (-1); live_bytes is the site's estimate after
// it. Thread-safety: yes; the due point is claimed by one thread. Signal-safety: yes. Allocates:
// never.
void note_site_point(History& history, uint64_t time_us, uint64_t live_bytes);
void note_birth(History& history);
void note_death(History& history, uint64_t lifetime_us, uint16_t weight);

// Writes the process's point of this moment into every level.
void note_process_point(const Ledger& ledger, uint64_t time_us, uint64_t rss_bytes);

}  // namespace dbgtrace::ring
