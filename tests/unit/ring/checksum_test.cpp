// SPDX-License-Identifier: Apache-2.0
#include "ring/checksum.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstring>

using dbgtrace::ring::crc32c;

TEST_CASE("CRC-32C has the values of RFC 3720") {
  CHECK(crc32c("123456789", 9) == 0xe3069283);
  CHECK(crc32c("", 0) == 0);
  std::array<unsigned char, 32> bytes{};
  CHECK(crc32c(bytes.data(), bytes.size()) == 0x8a9136aa);
  bytes.fill(0xff);
  CHECK(crc32c(bytes.data(), bytes.size()) == 0x62a8ab43);
  for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  CHECK(crc32c(bytes.data(), bytes.size()) == 0x46dd794e);
}

TEST_CASE("a checksum in parts is that of the whole") {
  const char text[] = "the quick brown fox jumps over the lazy dog";
  const size_t size_bytes = std::strlen(text);
  for (size_t cut = 0; cut <= size_bytes; ++cut) {
    CHECK(crc32c(text + cut, size_bytes - cut, crc32c(text, cut)) == crc32c(text, size_bytes));
  }
}

TEST_CASE("a stored checksum is never zero") {
  CHECK(dbgtrace::ring::nonzero(0) == 1);
  CHECK(dbgtrace::ring::nonzero(7) == 7);
}
