// SPDX-License-Identifier: Apache-2.0
// Reads the black box of a recording, which may be cut, damaged or made by an enemy: nothing is
// believed, nothing outside the section is read, and the work is bounded by its size. The bytes of
// the section lie at a multiple of 8.
#pragma once

#include <span>

#include "ring/crash_layout.hpp"

namespace dbgtrace::ring {

struct BlackBoxReport {
  bool present = false;           // crash capture was on
  bool crashed = false;           // there is a crash
  bool crash_whole = false;       // and its checksum fits
  const char* problem = nullptr;  // one clause, null: none
};

// Copies the head: texts are cut at their last byte, register_count is at most kMaxRegisters,
// minor_used stays as it is. Everything is zero where it is not present.
BlackBoxReport read_black_box(std::span<const std::byte> section, uint64_t salt, BlackBox& head);

// A part as it is stored. kind and subject may be unknown ones.
struct PartView {
  PartKind kind;
  uint32_t subject;
  uint64_t address;
  uint32_t raw_bytes;
  bool compressed;
  uint8_t record;
  uint64_t offset_bytes;  // in the section
  std::span<const std::byte> stored;
};

// Finds the valid parts in file order. A part counts if belongs_to says so.
class PartScanner {
 public:
  PartScanner(std::span<const std::byte> section, uint64_t salt) : section_(section), salt_(salt) {}

  // False at the end.
  bool next(PartView& part);

  uint64_t damaged_parts() const {
    return damaged_;
  }  // something that began as a part, but was none
  bool gave_up() const {
    return gave_up_;
  }  // more than 8 times the section was checksummed: such a file was made

 private:
  std::span<const std::byte> section_;
  uint64_t salt_;
  uint64_t at_ = kBlackBoxHeadBytes;
  uint64_t checked_bytes_ = 0;
  uint64_t damaged_ = 0;
  bool gave_up_ = false;
};

inline bool belongs_to(const PartView& part, const CrashHead& crash) {
  return part.record == 0 || part.record == static_cast<uint8_t>(crash.record);
}

// The part's content, part.raw_bytes of it, into `out` (kMaxPartBytes are always enough). False: it
// is damaged.
bool unpack(const PartView& part, std::span<std::byte> out);

}  // namespace dbgtrace::ring
