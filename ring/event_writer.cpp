// SPDX-License-Identifier: Apache-2.0
#include "ring/event_writer.hpp"

#include <lz4.h>

#include <cstring>

#include "ring/checksum.hpp"

namespace dbgtrace::ring {
namespace {

// The part of lz4 that never allocates is declared static-only in Debian's header;
// LZ4_compress_fast_extState is public.
constexpr uint32_t kStateBytes = 16416;
constexpr uint32_t kOutputBytes = kSealScratchBytes - kStateBytes - 16;

uint64_t cursor_of(uint32_t sequence) { return uint64_t{sequence} << 32; }

}  // namespace

void EventWriter::start(const Ledger& ledger, uint64_t salt, std::byte* scratch) {
  ledger_ = &ledger;
  salt_ = salt;
  scratch_ = scratch;
  current_ = 0;
  const Section& section = ledger.section(SectionKind::kOpenBlocks);
  events_per_block_ = (section.entry_bytes - sizeof(OpenBlock)) / sizeof(Event);
}

OpenBlock* EventWriter::slot(uint32_t index) const {
  return ledger_->entry<OpenBlock>(SectionKind::kOpenBlocks, index);
}

void EventWriter::open(OpenBlock& block) {
  std::atomic_ref<uint64_t> next(ledger_->live().next_sequence);
  const auto sequence = static_cast<uint32_t>(next.fetch_add(1, std::memory_order_relaxed) + 1);
  block.salt = salt_;
  std::atomic_ref<uint64_t>(block.cursor).store(cursor_of(sequence), std::memory_order_release);
}

void EventWriter::write(EventKind kind, uint32_t thread, uint16_t weight, uint64_t time_us,
                        uint32_t extra, uint64_t a, uint64_t b) {
  for (uint32_t attempt = 0; attempt < 2 * kMaxSlots; ++attempt) {
    const uint32_t index =
        std::atomic_ref<uint32_t>(current_).load(std::memory_order_relaxed) % kMaxSlots;
    OpenBlock* block = slot(index);
    if (block == nullptr) break;
    std::atomic_ref<uint64_t> cursor(block->cursor);
    uint64_t at = cursor.load(std::memory_order_acquire);
    if (at == 0) {  // first use of this slot; the winner of the race opens it, the others try again
      if (cursor.compare_exchange_strong(at, uint64_t{0xffffffff}, std::memory_order_acquire))
        open(*block);
      continue;
    }
    if (static_cast<uint32_t>(at) < events_per_block_)
      at = cursor.fetch_add(1, std::memory_order_acq_rel);
    const auto used = static_cast<uint32_t>(at);
    const auto sequence = static_cast<uint32_t>(at >> 32);
    if (used >= events_per_block_) {
      uint32_t expected = index;
      std::atomic_ref<uint32_t>(current_).compare_exchange_strong(expected, (index + 1) % kMaxSlots,
                                                                  std::memory_order_relaxed);
      continue;
    }
    Event* event = reinterpret_cast<Event*>(block + 1) + used;
    event->time = (time_us & kTimeMask) | uint64_t{extra & 0xffff} << 48;
    event->a = a;
    event->b = b;
    const uint64_t head = static_cast<uint64_t>(kind) | uint64_t{sequence & 0xffff} << 8 |
                          uint64_t{thread & 0xffff} << 24 | uint64_t{weight} << 40;
    std::atomic_ref<uint64_t>(event->head).store(head, std::memory_order_release);
    if (used + 1 == events_per_block_) {  // exactly one thread gets the last place: it seals
      uint32_t expected = index;
      std::atomic_ref<uint32_t>(current_).compare_exchange_strong(expected, (index + 1) % kMaxSlots,
                                                                  std::memory_order_relaxed);
      seal(index, *block, sequence);
      open(*block);
    }
    return;
  }
  Ledger::add(ledger_->lost().events_dropped, 1);
}

// A contiguous, aligned place in the ring: never across the end, so the bytes left there are
// skipped.
uint64_t EventWriter::reserve(uint64_t size_bytes, uint64_t& position) {
  const Section& ring = ledger_->section(SectionKind::kRing);
  std::atomic_ref<uint64_t> head(ledger_->live().ring_head);
  uint64_t old = head.load(std::memory_order_relaxed);
  uint64_t start;
  do {
    start = old;
    const uint64_t left = ring.size_bytes - start % ring.size_bytes;
    if (left < size_bytes) start += left;
  } while (!head.compare_exchange_weak(old, start + size_bytes, std::memory_order_acq_rel));
  position = start;
  return ring.offset_bytes + start % ring.size_bytes;
}

void EventWriter::seal(uint32_t index, OpenBlock& block, uint32_t sequence) {
  std::byte* scratch = scratch_ + size_t{index} * kSealScratchBytes;
  scratch =
      reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(scratch) + 15) & ~uintptr_t{15});
  auto* events = reinterpret_cast<Event*>(&block + 1);
  SealedBlock header{};
  header.magic = kSealedMagic;
  header.salt = salt_;
  header.sequence = sequence;
  header.event_count = events_per_block_;
  header.raw_bytes = events_per_block_ * static_cast<uint32_t>(sizeof(Event));
  for (uint32_t i = 0; i < events_per_block_; ++i) {
    const uint64_t head = std::atomic_ref<uint64_t>(events[i].head).load(std::memory_order_acquire);
    if (((head >> 8) & 0xffff) != (sequence & 0xffff) || (head & 0xff) == 0) {
      ++header.torn_count;
      continue;
    }
    const uint64_t time_us = events[i].time & kTimeMask;
    if (header.first_us == 0 || time_us < header.first_us) header.first_us = time_us;
    if (time_us > header.last_us) header.last_us = time_us;
  }
  auto* output = reinterpret_cast<char*>(scratch) + kStateBytes;
  const int size = LZ4_compress_fast_extState(scratch, reinterpret_cast<const char*>(events),
                                              output, static_cast<int>(header.raw_bytes),
                                              static_cast<int>(kOutputBytes), 1);
  if (size <= 0) {
    Ledger::add(ledger_->lost().events_dropped, header.event_count);
    return;
  }
  header.compressed_bytes = static_cast<uint32_t>(size);
  const uint64_t total =
      (sizeof(SealedBlock) + header.compressed_bytes + kBlockAlign - 1) / kBlockAlign * kBlockAlign;
  if (total > ledger_->section(SectionKind::kRing).size_bytes) {
    Ledger::add(ledger_->lost().events_dropped, header.event_count);
    return;
  }
  const uint64_t offset = reserve(total, header.position);
  std::byte* place = ledger_->bytes(offset, total);
  if (place == nullptr) {
    Ledger::add(ledger_->lost().events_dropped, header.event_count);
    return;
  }
  header.checksum = crc32c(output, header.compressed_bytes, crc32c(&header, sizeof(header)));
  std::memcpy(place + sizeof(header), output, header.compressed_bytes);
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(place, &header, sizeof(header));
}

}  // namespace dbgtrace::ring
