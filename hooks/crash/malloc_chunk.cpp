// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/malloc_chunk.hpp"

#include <cstring>

namespace dbgtrace::hooks::crash {
namespace {

// A chunk begins two words before its block:
//
//   | size of the one before, if that is free | size and three flags | block ... | next chunk
constexpr uint64_t kPreviousInUse = 1, kMapped = 2, kFlags = 7;
constexpr uint64_t kAlign = 16, kMinBytes = 32, kMaxBytes = uint64_t{1} << 40;
// Up to here a freed chunk may wait in a cache of its thread, where it looks as if in use.
constexpr uint64_t kMaxCachedBytes = 1040;
constexpr uint64_t kPage = 4096;

bool is_size(uint64_t bytes) {
  return bytes >= kMinBytes && bytes < kMaxBytes && bytes % kAlign == 0;
}

void add(Scene& scene, size_t& used, uint64_t value, ring::PointerFrom from, uint32_t index) {
  ring::MallocChunk chunk{};
  if (!find_chunk(scene.reader, value, chunk)) return;
  chunk.from = static_cast<uint16_t>(from);
  chunk.index = static_cast<uint16_t>(index);
  std::memcpy(scene.stage.data() + used, &chunk, sizeof(chunk));
  used += sizeof(chunk);
}

}  // namespace

bool find_chunk(GuardedReader& reader, uintptr_t block, ring::MallocChunk& chunk) {
  if (block % kAlign != 0 || block < kPage) return false;
  struct {
    uint64_t previous_bytes, size;
  } head{}, next{};
  const uintptr_t at = block - sizeof(head);
  if (!reader.load(at, head)) return false;
  const uint64_t bytes = head.size & ~kFlags;
  if (!is_size(bytes)) return false;
  chunk = {block, at, bytes, 2, 0, 0};
  if ((head.size & kMapped) != 0) {
    chunk.in_use = 1;
    return (at - head.previous_bytes) % kPage == 0 && (bytes + head.previous_bytes) % kPage == 0;
  }
  if (!reader.load(at + bytes, next)) return false;
  const uint64_t next_bytes = next.size & ~kFlags;
  if ((next.size & kPreviousInUse) == 0) {
    chunk.in_use = 0;
    return next.previous_bytes == bytes && is_size(next_bytes);
  }
  if (bytes > kMaxCachedBytes) chunk.in_use = 1;
  return is_size(next_bytes);
}

void keep_chunks(Scene& scene) {
  size_t used = 0;
  if (scene.has_fault_address) {
    add(scene, used, scene.fault_address, ring::PointerFrom::kFaultAddress, 0);
  }
  for (uint32_t i = 0; i < scene.register_count; ++i) {
    add(scene, used, scene.registers[i], ring::PointerFrom::kRegister, i);
  }
  scene.append(ring::PartKind::kChunk, 0, 0, scene.stage.first(used));
}

}  // namespace dbgtrace::hooks::crash
