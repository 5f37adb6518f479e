// SPDX-License-Identifier: Apache-2.0
#include "ring/stack_writer.hpp"

#include <algorithm>
#include <cstring>

#include "ring/checksum.hpp"

namespace dbgtrace::ring {

uint32_t store_stack(const Ledger& ledger, const NewStack& stack) {
  const Section& arena = ledger.section(SectionKind::kStacks);
  const auto words = static_cast<uint32_t>(sizeof(Stack) / 8 + stack.pcs.size());
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
  header.new_frames = static_cast<uint16_t>(stack.pcs.size());
  header.flags = stack.truncated ? kStackTruncated : 0;
  header.omitted_frames = static_cast<uint16_t>(std::min(stack.omitted_frames, 65535u));
  header.time_us = stack.time_us;
  const size_t frame_bytes = stack.pcs.size() * 8;
  uint32_t checksum = crc32c(reinterpret_cast<const char*>(&header) + 4, sizeof(header) - 4);
  checksum = nonzero(crc32c(stack.pcs.data(), frame_bytes, checksum));
  std::memcpy(place + 4, reinterpret_cast<const char*>(&header) + 4, sizeof(header) - 4);
  std::memcpy(place + sizeof(header), stack.pcs.data(), frame_bytes);
  std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(place))
      .store(checksum, std::memory_order_release);
  return start;
}

}  // namespace dbgtrace::ring
