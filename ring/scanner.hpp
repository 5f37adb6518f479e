// SPDX-License-Identifier: Apache-2.0
// Finds the blocks of the history: sealed ones in the ring, whatever is broken around them, and
// open ones in their slots. Allocates nothing: results go to a visitor or into memory of the
// caller.
//
// Order of use: scan_ring -> collect SealedRefs -> arrange -> decode_sealed of each; then read_open
// of each slot, whose sequence must not be among the sealed ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

// Largest sealed block: 64 KiB that LZ4 could not shrink (its bound is n + n / 255 + 16), with
// header, rounded up.
inline constexpr uint32_t kMaxSealedBytes =
    (64 + kMaxOpenBlockBytes + kMaxOpenBlockBytes / 255 + 16 + 63) / 64 * 64;
inline constexpr uint32_t kMaxBlockEvents = kMaxOpenBlockBytes / sizeof(Event);

// Scratch for one block's events.
struct EventBuffer {
  Event events[kMaxBlockEvents];
};

struct SealedRef {
  uint64_t offset_bytes;  // in the ring
  uint64_t sequence;
  uint64_t position;
  uint32_t total_bytes;  // with header, rounded up to kBlockAlign
  uint32_t event_count;
};

struct ScanReport {
  uint64_t rejected_blocks = 0;       // magic and salt fit, but the rest doesn't
  uint64_t first_rejected_bytes = 0;  // offset in the ring
  bool gave_up = false;  // more broken blocks than any accident makes: the rest was not scanned
  uint64_t scanned_bytes = 0;
};

// ring_bytes is the section's size, ring the part of it that the file has.
class SealedScan {
 public:
  SealedScan(std::span<const std::byte> ring, uint64_t ring_bytes, uint64_t salt)
      : ring_(ring), ring_bytes_(ring_bytes), salt_(salt) {}
  // The next valid block in file order; false at the end.
  bool next(SealedRef& ref);
  const ScanReport& report() const { return report_; }

 private:
  std::span<const std::byte> ring_;
  uint64_t ring_bytes_;
  uint64_t salt_;
  uint64_t checksummed_bytes_ = 0;
  ScanReport report_;
};

struct Gap {
  uint64_t offset_bytes;  // in the ring
  uint64_t size_bytes;
  uint64_t after_sequence;  // of the valid blocks around it, 0 if none
  uint64_t before_sequence;
};

struct Arrangement {
  size_t kept = 0;   // refs[0, kept) are the current lap's, by sequence
  size_t stale = 0;  // valid, but of an earlier lap: remains in a place that the newest lap skipped
  uint64_t gap_bytes = 0;  // sum of gaps
  // Not gaps: a thread that was held up for a whole lap put its block over newer ones.
  uint64_t late_bytes = 0;
  uint64_t head = 0;       // position behind the newest block, or ring_head if that makes sense
  size_t gaps_stored = 0;  // in `gaps`
  size_t gaps = 0;
};

// Sorts refs in place and finds the gaps between them. ring_head is the live header's word, which
// may be stale or damaged.
Arrangement arrange(std::span<SealedRef> refs, uint64_t ring_bytes, uint64_t ring_head,
                    std::span<Gap> gaps);

struct BlockEvents {
  bool valid = false;
  uint64_t sequence = 0;
  uint32_t event_count = 0;  // whole ones, at the front of the buffer
  uint32_t torn_count = 0;
};

// Checks the block once more after decompression, since the ring of a running process may have
// overwritten it meanwhile.
BlockEvents decode_sealed(std::span<const std::byte> ring, uint64_t ring_bytes, uint64_t salt,
                          const SealedRef& ref, EventBuffer& buffer);

struct OpenEvents : BlockEvents {
  bool empty = false;    // the slot was never used
  bool sealing = false;  // all places are taken: it is on its way into the ring
};

// slot is one entry of the section. Not valid if the slot is another recording's, or was reused
// while it was read.
OpenEvents read_open(std::span<const std::byte> slot, uint64_t salt, EventBuffer& buffer);

}  // namespace dbgtrace::ring
