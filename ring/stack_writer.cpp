// SPDX-License-Identifier: Apache-2.0
#include "ring/stack_writer.hpp"

#include <algorithm>
#include <cstring>

#include "ring/checksum.hpp"

namespace dbgtrace::ring {

namespace {

// The entry of a stored stack. Its space was reserved when it was written.
Stack read_head(const Ledger& ledger, uint32_t reference) {
  Stack head;
  std::memcpy(
      &head,
      ledger.base() + ledger.section(SectionKind::kStacks).offset_bytes + uint64_t{reference} * 8,
      sizeof(head));
  return head;
}

}  // namespace

bool may_be_parent(const Ledger& ledger, uint32_t reference) {
  constexpr uint32_t kHeadWords = sizeof(Stack) / 8;
  const uint32_t capacity = ledger.section(SectionKind::kStacks).capacity;
  if (reference == 0 || capacity < kHeadWords || reference > capacity - kHeadWords) return false;
  const Stack head = read_head(ledger, reference);
  return head.checksum != 0 && head.chain < kMaxChain;
}

uint32_t store_stack(const Ledger& ledger, const NewStack& stack) {
  const Section& arena = ledger.section(SectionKind::kStacks);
  const bool has_parent = stack.parent.frames != 0 && stack.parent.frames <= stack.pcs.size() &&
                          may_be_parent(ledger, stack.parent.reference);
  const std::span<const uint64_t> pcs =
      stack.pcs.first(stack.pcs.size() - (has_parent ? stack.parent.frames : 0));
  const auto words = static_cast<uint32_t>(sizeof(Stack) / 8 + pcs.size());
  std::atomic_ref<uint32_t> used(ledger.live().stacks_used);
  uint32_t at = used.load(std::memory_order_relaxed);
  uint32_t start;
  do {
    start = std::max(at, 1u);  // word 0 stays empty: reference 0 means none
    if (start > arena.capacity || words > arena.capacity - start) {
      Ledger::add(ledger.lost().stack_arena_full, 1);
      return 0;
    }
  } while (!used.compare_exchange_weak(at, start + words, std::memory_order_relaxed));
  std::byte* place = ledger.bytes(arena.offset_bytes + uint64_t{start} * 8, uint64_t{words} * 8);
  if (place == nullptr) return 0;

  Stack header{};
  header.new_frames = static_cast<uint16_t>(pcs.size());
  if (has_parent) {
    header.kept_frames = static_cast<uint16_t>(stack.parent.frames);
    header.parent = stack.parent.reference;
    header.chain = static_cast<uint8_t>(read_head(ledger, header.parent).chain + 1);
  }
  header.flags = stack.truncated ? kStackTruncated : 0;
  header.omitted_frames = static_cast<uint16_t>(std::min(stack.omitted_frames, 65535u));
  header.time_us = stack.time_us;
  const size_t frame_bytes = pcs.size() * 8;
  uint32_t checksum = crc32c(reinterpret_cast<const char*>(&header) + 4, sizeof(header) - 4);
  checksum = nonzero(crc32c(pcs.data(), frame_bytes, checksum));
  std::memcpy(place + 4, reinterpret_cast<const char*>(&header) + 4, sizeof(header) - 4);
  std::memcpy(place + sizeof(header), pcs.data(), frame_bytes);
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(place))
      .store(checksum, std::memory_order_release);
  return start;
}

}  // namespace dbgtrace::ring
