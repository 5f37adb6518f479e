// SPDX-License-Identifier: Apache-2.0
// CRC-32C by slicing-by-8: table k holds the effect of a byte followed by k zero bytes.
#include "ring/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace dbgtrace::ring {
namespace {

constexpr auto make_tables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    tables[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; ++byte) {
    for (size_t k = 1; k < 8; ++k)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 255];
  }
  return tables;
}
constexpr auto kTables = make_tables();
static_assert(std::endian::native == std::endian::little);

}  // namespace

uint32_t crc32c(const void* data, size_t size_bytes, uint32_t previous) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  uint32_t crc = ~previous;
  for (; size_bytes >= 8; size_bytes -= 8, bytes += 8) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    word ^= crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][(word >> (8 * k)) & 255];
  }
  for (; size_bytes > 0; --size_bytes, ++bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ *bytes) & 255];
  return ~crc;
}

}  // namespace dbgtrace::ring
