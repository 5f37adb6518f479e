// SPDX-License-Identifier: Apache-2.0
// The history's writer: events go into one of a few open blocks that lie uncompressed in the
// mapping; the thread whose event finds a block full compresses it into the ring and opens it anew.
//
//   open slots                                seal     ring
//   [salt | seq 17, used 812 | e e e e . . ]  ---->    ... | 14 | 15 | 16 | 13 (oldest) ...
//   [salt | seq 18, used   0 | . . . . . . ]                              ^ ring_head % size
//
// An event is reserved by one fetch_add on the slot's cursor and committed by writing its head word
// last. A thread that is stopped in between leaves one torn event, which the tag in its head tells;
// nobody waits for it.
#pragma once

#include "ring/ledger.hpp"

namespace dbgtrace::ring {

inline constexpr uint32_t kSealScratchBytes =
    kMaxOpenBlockBytes + kMaxOpenBlockBytes / 255 + 64 + 16448;

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never. Never waits: when every slot
// is being sealed the event is dropped and counted.
class EventWriter {
 public:
  constexpr EventWriter() = default;

  // scratch: kSealScratchBytes each, one per open slot (a slot is sealed by one thread at a time).
  void start(const Ledger& ledger, uint64_t salt, std::byte* scratch);

  void write(EventKind kind, uint32_t thread, uint16_t weight, uint64_t time_us, uint32_t extra,
             uint64_t a, uint64_t b);

 private:
  static constexpr uint32_t kMaxSlots = 4;
  OpenBlock* slot(uint32_t index) const;
  void open(OpenBlock& block);
  void seal(uint32_t index, OpenBlock& block, uint32_t sequence);
  uint64_t reserve(uint64_t size_bytes, uint64_t& position);

  const Ledger* ledger_ = nullptr;
  uint64_t salt_ = 0;
  std::byte* scratch_ = nullptr;
  uint32_t events_per_block_ = 0;
  uint32_t current_ = 0;
};

}  // namespace dbgtrace::ring
