// SPDX-License-Identifier: Apache-2.0
// Any bytes as a ring, then as an open block: salt (8 bytes), the rest is both.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "ring/scanner.hpp"

using namespace dbgtrace;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void fuzz_ring(std::span<const std::byte> bytes, uint64_t salt, ring::EventBuffer& buffer) {
  const uint64_t ring_bytes = bytes.size() / ring::kBlockAlign * ring::kBlockAlign;
  if (ring_bytes == 0) return;
  std::vector<ring::SealedRef> refs;
  ring::SealedScan scan(bytes, ring_bytes, salt);
  for (ring::SealedRef ref; scan.next(ref);) refs.push_back(ref);
  ring::Gap gaps[4];
  const ring::Arrangement arrangement = ring::arrange(refs, ring_bytes, salt, gaps);
  require(arrangement.kept + arrangement.stale == refs.size());
  require(arrangement.gaps_stored <= std::size(gaps));
  refs.resize(arrangement.kept);
  for (size_t i = 0; i < refs.size(); ++i) {
    require(i == 0 || refs[i - 1].sequence <= refs[i].sequence);
    require(refs[i].offset_bytes + refs[i].total_bytes <= ring_bytes + ring::kBlockAlign);
    const ring::BlockEvents block = ring::decode_sealed(bytes, ring_bytes, salt, refs[i], buffer);
    require(block.event_count + block.torn_count <= ring::kMaxBlockEvents);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  uint64_t salt = 0;
  if (size_bytes < sizeof(salt)) return 0;
  std::memcpy(&salt, data, sizeof(salt));
  std::vector<std::byte> bytes(size_bytes - sizeof(salt));
  if (bytes.empty()) return 0;
  std::memcpy(bytes.data(), data + sizeof(salt), bytes.size());
  static const auto buffer = std::make_unique<ring::EventBuffer>();
  fuzz_ring(bytes, salt, *buffer);
  const ring::OpenEvents open = ring::read_open(bytes, salt, *buffer);
  require(open.event_count + open.torn_count <= ring::kMaxBlockEvents);
  return 0;
}
