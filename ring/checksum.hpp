// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, reflected, as in RFC 3720), eight bytes a step by tables made at compile
// time: no start-up code and the same result on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dbgtrace::ring {

// Continues from a previous result; start with 0.
uint32_t crc32c(const void* data, size_t size_bytes, uint32_t previous = 0);

// A stored checksum is never 0, so that an empty (all-zero) entry can't look valid.
inline uint32_t nonzero(uint32_t checksum) { return checksum == 0 ? 1 : checksum; }

}  // namespace dbgtrace::ring
