// SPDX-License-Identifier: Apache-2.0
// A recorded block that lives, and its entry in the live table.
#pragma once

#include <algorithm>
#include <atomic>

#include "ring/layout.hpp"

namespace dbgtrace::hooks::alloc {

// The decoded payload of a live sample.
struct Block {
  uint64_t birth_us;
  uint64_t size_bytes;
  uint32_t site;
  uint32_t thread;
  uint16_t weight;
};

inline ring::Live encode_live(uintptr_t address, ring::LiveState state, const Block& block) {
  const uint64_t size = std::min(block.size_bytes, ring::kSizeMask);
  return {(address & ring::kAddressMask) | uint64_t{static_cast<uint32_t>(state)} << 48 |
              uint64_t{block.thread & ring::kThreadMask} << 50,
          (block.birth_us & ring::kTimeMask) | uint64_t{block.weight} << 48,
          size | uint64_t{block.site & ring::kSiteMask} << 40};
}

inline Block decode_live(const ring::Live& live) {
  return {live.time_weight & ring::kTimeMask, live.size_site & ring::kSizeMask,
          static_cast<uint32_t>(live.size_site >> 40),
          static_cast<uint32_t>(live.address_state >> 50),
          static_cast<uint16_t>(live.time_weight >> 48)};
}

// address_state goes last, so that a reader who sees it sees the rest.
inline void write_live(ring::Live& place, const ring::Live& live) {
  std::atomic_ref<uint64_t>(place.time_weight).store(live.time_weight, std::memory_order_relaxed);
  std::atomic_ref<uint64_t>(place.size_site).store(live.size_site, std::memory_order_relaxed);
  std::atomic_ref<uint64_t>(place.address_state)
      .store(live.address_state, std::memory_order_release);
}

inline void clear_live(ring::Live& place) {
  std::atomic_ref<uint64_t>(place.address_state).store(0, std::memory_order_release);
}

}  // namespace dbgtrace::hooks::alloc
