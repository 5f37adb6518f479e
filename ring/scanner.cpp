// SPDX-License-Identifier: Apache-2.0
// Nothing in here trusts a length, a position or a cursor before it is compared with what is really
// there.
#include "ring/scanner.hpp"

#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "ring/checksum.hpp"
#include "ring/shared_words.hpp"

namespace dbgtrace::ring {
namespace {

// A recording has a few broken blocks at most, and every valid one is checksummed once. A file that
// asks for more than this many times its ring was made to waste time: blocks of 64 KiB that overlap
// at every 64 bytes would cost 1000 times.
constexpr uint64_t kChecksumWork = 8;

enum class Probe { kNothing, kRejected, kValid };

uint64_t rounded_up(uint64_t size_bytes) {
  return (size_bytes + kBlockAlign - 1) / kBlockAlign * kBlockAlign;
}

bool header_makes_sense(const SealedBlock& block, uint64_t offset_bytes, uint64_t ring_bytes,
                        uint64_t available_bytes) {
  return block.position % ring_bytes == offset_bytes &&
         block.position <= ~uint64_t{0} - 2 * ring_bytes && block.sequence != 0 &&
         block.compressed_bytes <= available_bytes - sizeof(SealedBlock) &&
         block.compressed_bytes <= kMaxSealedBytes - sizeof(SealedBlock) &&
         block.raw_bytes <= kMaxOpenBlockBytes &&
         block.raw_bytes == uint64_t{block.event_count} * sizeof(Event);
}

bool checksum_fits(SealedBlock block, const std::byte* compressed) {
  const uint32_t stored = block.checksum;
  block.checksum = 0;
  return stored == crc32c(compressed, block.compressed_bytes, crc32c(&block, sizeof(block)));
}

Probe probe(std::span<const std::byte> ring, uint64_t ring_bytes, uint64_t salt,
            uint64_t offset_bytes, SealedBlock& block, uint64_t& checksummed_bytes) {
  const std::byte* at = ring.data() + offset_bytes;
  if (static_cast<uint32_t>(load_word(at)) != kSealedMagic) return Probe::kNothing;
  block = load_entry<SealedBlock>(at);
  if (block.magic != kSealedMagic || block.salt != salt) return Probe::kNothing;
  if (!header_makes_sense(block, offset_bytes, ring_bytes, ring.size() - offset_bytes))
    return Probe::kRejected;
  checksummed_bytes += sizeof(SealedBlock) + block.compressed_bytes;
  return checksum_fits(block, at + sizeof(SealedBlock)) ? Probe::kValid : Probe::kRejected;
}

// Moves the whole events of sequence to the front.
void keep_whole(EventBuffer& buffer, uint32_t count, BlockEvents& result) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const Event& event = buffer.events[i];
    const bool whole =
        ((event.head >> 8) & 0xffff) == (result.sequence & 0xffff) && (event.head & 0xff) != 0;
    if (whole) buffer.events[kept++] = event;
  }
  result.event_count = kept;
  result.torn_count = count - kept;
}

// A lap's end stays unused where the next block would not have fit.
bool is_lap_end(uint64_t from, const SealedRef& next, uint64_t ring_bytes) {
  return next.position % ring_bytes == 0 && next.position - from < ring_bytes &&
         from % ring_bytes + next.total_bytes > ring_bytes;
}

// Whether a valid block of an earlier lap lies where newer ones are missing. At a lap's end it may
// be the remains of an unused rest, which proves nothing. stale is sorted by offset.
bool is_under_late_block(std::span<const SealedRef> stale, uint64_t from, uint64_t to,
                         uint64_t ring_bytes) {
  const uint64_t offset_bytes = std::max(from, to / ring_bytes * ring_bytes) % ring_bytes;
  const uint64_t end_bytes = to % ring_bytes;
  const auto at = std::lower_bound(
      stale.begin(), stale.end(), offset_bytes,
      [](const SealedRef& ref, uint64_t wanted) { return ref.offset_bytes < wanted; });
  return at != stale.end() && at->offset_bytes < end_bytes;
}

}  // namespace

bool SealedScan::next(SealedRef& ref) {
  while (report_.scanned_bytes + sizeof(SealedBlock) <= ring_.size()) {
    if (checksummed_bytes_ > kChecksumWork * ring_.size()) {
      report_.gave_up = true;
      return false;
    }
    const uint64_t offset_bytes = report_.scanned_bytes;
    SealedBlock block;
    const Probe found = probe(ring_, ring_bytes_, salt_, offset_bytes, block, checksummed_bytes_);
    if (found != Probe::kValid) {
      report_.scanned_bytes += kBlockAlign;
      if (found == Probe::kRejected && report_.rejected_blocks++ == 0)
        report_.first_rejected_bytes = offset_bytes;
      continue;
    }
    const uint64_t total_bytes = rounded_up(sizeof(SealedBlock) + block.compressed_bytes);
    report_.scanned_bytes += total_bytes;
    ref = {offset_bytes, block.sequence, block.position, static_cast<uint32_t>(total_bytes),
           block.event_count};
    return true;
  }
  return false;
}

Arrangement arrange(std::span<SealedRef> refs, uint64_t ring_bytes, uint64_t ring_head,
                    std::span<Gap> gaps) {
  Arrangement result;
  for (const SealedRef& ref : refs)
    result.head = std::max(result.head, ref.position + ref.total_bytes);
  // The word in the header runs ahead of the blocks while one is written, at most by a ring; else
  // it is damaged.
  if (ring_head > result.head && ring_head - result.head <= ring_bytes) result.head = ring_head;
  const uint64_t tail = result.head > ring_bytes ? result.head - ring_bytes : 0;

  const auto current_end = std::partition(
      refs.begin(), refs.end(), [tail](const SealedRef& ref) { return ref.position >= tail; });
  result.kept = static_cast<size_t>(current_end - refs.begin());
  result.stale = refs.size() - result.kept;
  const std::span<SealedRef> current = refs.first(result.kept);
  std::sort(current.begin(), current.end(),
            [](const SealedRef& a, const SealedRef& b) { return a.position < b.position; });
  const std::span<SealedRef> stale = refs.subspan(result.kept);
  std::sort(stale.begin(), stale.end(),
            [](const SealedRef& a, const SealedRef& b) { return a.offset_bytes < b.offset_bytes; });

  auto add_gap = [&](uint64_t from, uint64_t to, uint64_t after_sequence,
                     uint64_t before_sequence) {
    if (is_under_late_block(stale, from, to, ring_bytes)) {
      result.late_bytes += to - from;
      return;
    }
    result.gap_bytes += to - from;
    if (result.gaps_stored < gaps.size()) {
      gaps[result.gaps_stored++] = {from % ring_bytes, to - from, after_sequence, before_sequence};
    }
    ++result.gaps;
  };
  uint64_t expected = tail;
  uint64_t previous_sequence = 0;
  // The oldest block of a full ring is partly overwritten, and an unused lap's end may follow it.
  uint64_t forgiven_bytes = tail != 0 ? 2 * uint64_t{kMaxSealedBytes} : 0;
  for (const SealedRef& ref : current) {
    if (ref.position > expected + forgiven_bytes && !is_lap_end(expected, ref, ring_bytes)) {
      add_gap(expected, ref.position, previous_sequence, ref.sequence);
    }
    forgiven_bytes = 0;
    expected = std::max(expected, ref.position + ref.total_bytes);
    previous_sequence = ref.sequence;
  }
  if (result.head > expected + forgiven_bytes) add_gap(expected, result.head, previous_sequence, 0);
  std::sort(current.begin(), current.end(),
            [](const SealedRef& a, const SealedRef& b) { return a.sequence < b.sequence; });
  return result;
}

BlockEvents decode_sealed(std::span<const std::byte> ring, uint64_t ring_bytes, uint64_t salt,
                          const SealedRef& ref, EventBuffer& buffer) {
  BlockEvents result;
  SealedBlock block;
  if (ref.offset_bytes + sizeof(block) > ring.size()) return result;
  block = load_entry<SealedBlock>(ring.data() + ref.offset_bytes);
  if (block.sequence != ref.sequence ||
      !header_makes_sense(block, ref.offset_bytes, ring_bytes, ring.size() - ref.offset_bytes)) {
    return result;
  }
  const std::byte* compressed = ring.data() + ref.offset_bytes + sizeof(block);
  const int raw_bytes = LZ4_decompress_safe(
      reinterpret_cast<const char*>(compressed), reinterpret_cast<char*>(buffer.events),
      static_cast<int>(block.compressed_bytes), static_cast<int>(sizeof(buffer.events)));
  uint64_t checksummed_bytes = 0;
  SealedBlock again;
  if (raw_bytes < 0 || static_cast<uint32_t>(raw_bytes) != block.raw_bytes ||
      probe(ring, ring_bytes, salt, ref.offset_bytes, again, checksummed_bytes) != Probe::kValid ||
      again.sequence != block.sequence) {
    return result;
  }
  result.valid = true;
  result.sequence = block.sequence;
  keep_whole(buffer, block.event_count, result);
  return result;
}

OpenEvents read_open(std::span<const std::byte> slot, uint64_t salt, EventBuffer& buffer) {
  OpenEvents result;
  if (slot.size() < sizeof(OpenBlock)) return result;
  const uint64_t cursor = load_word(slot.data() + offsetof(OpenBlock, cursor));
  const uint64_t slot_salt = load_word(slot.data() + offsetof(OpenBlock, salt));
  result.sequence = cursor >> 32;
  // A slot without a sequence was never used, or is being opened for the first time.
  result.empty = result.sequence == 0 && (slot_salt == 0 || slot_salt == salt);
  if (slot_salt != salt || result.sequence == 0) return result;

  const uint64_t capacity =
      std::min<uint64_t>((slot.size() - sizeof(OpenBlock)) / sizeof(Event), kMaxBlockEvents);
  const uint64_t reserved = cursor & 0xffffffff;
  const auto count = static_cast<uint32_t>(std::min(reserved, capacity));
  result.sealing = reserved >= capacity;
  for (uint32_t i = 0; i < count; ++i) {
    buffer.events[i] = load_entry<Event>(slot.data() + sizeof(OpenBlock) + i * sizeof(Event),
                                         offsetof(Event, head));
  }
  // Had the slot been reused meanwhile, events of two blocks would be mixed; the older one is in
  // the ring by now.
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (load_word(slot.data() + offsetof(OpenBlock, cursor)) >> 32 != result.sequence) return result;
  result.valid = true;
  keep_whole(buffer, count, result);
  return result;
}

}  // namespace dbgtrace::ring
