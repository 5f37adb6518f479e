// SPDX-License-Identifier: Apache-2.0
// Is this a recording, and where are its parts? The first question of every reader: after a header
// passed, each section lies inside file_bytes, overlaps no other and has entries of the size that
// this version knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

struct HeaderReport {
  const char* problem = nullptr;  // one clause, null if the sections can be read
  const char* section = nullptr;  // name of the section that the problem is about
  bool foreign = false;           // not a recording at all, rather than a damaged one
  bool checksum_fits =
      false;  // false without a problem: some field is damaged, but the sections make sense
  uint64_t offset_bytes = 0;
  uint64_t expected = 0;
  uint64_t found = 0;
};

// file is the file's beginning, at least kHeaderBytes of it, at an address that is a multiple of 8.
// Its texts are cut at their last byte in `header`, so that they can be used as C strings.
HeaderReport read_header(std::span<const std::byte> file, Header& header);

// Only the static part: what the checksum covers.
uint32_t static_checksum(const Header& header);

const char* section_name(SectionKind kind);

// The bytes of a section that the file really has: less than the section's size in a file cut
// short.
std::span<const std::byte> section_bytes(std::span<const std::byte> file, const Header& header,
                                         SectionKind kind);

// Whole entries in those bytes.
uint32_t entries_in(std::span<const std::byte> bytes, const Section& section);

inline const Section& section_of(const Header& header, SectionKind kind) {
  return header.sections[static_cast<uint32_t>(kind)];
}

}  // namespace dbgtrace::ring
