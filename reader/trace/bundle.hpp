// SPDX-License-Identifier: Apache-2.0
// A recording packed for another machine: its bytes, and behind them whatever else belongs to it.
// docs/bundle-format.md specifies the file. What claims to unpack to more than its own bytes can
// hold is refused before any memory is taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dbgtrace::reader::trace {

struct BundleHead {
  char magic[8];
  uint32_t version;
  uint32_t checksum;  // CRC-32C of the rest of the file
  uint64_t recording_bytes;
  uint64_t appendix_bytes;

  uint64_t unpacked_bytes() const { return recording_bytes + appendix_bytes; }
};
static_assert(sizeof(BundleHead) == 32);

std::string pack_bundle(std::span<const std::byte> recording, std::string_view appendix);

// Whether a file that begins like this is one; its other fields may be anything.
bool is_bundle(std::span<const std::byte> begin);

// Why this whole file can't be unpacked, or an empty string: then head holds its sizes.
std::string bundle_problem(std::span<const std::byte> file, BundleHead& head);

// Into exactly head.unpacked_bytes() bytes, which must be zero: pages of zeros are not written, so
// that they take no memory. False if the packed bytes are something else.
bool unpack_bundle(std::span<const std::byte> file, std::span<std::byte> unpacked);

}  // namespace dbgtrace::reader::trace
