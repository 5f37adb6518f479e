// SPDX-License-Identifier: Apache-2.0
// Appends parts to the black box. A part is compressed beside the file, copied in, its header last,
// and the cursor moves on behind it: whatever interrupts this leaves a place that is not valid and
// is used again by the next part.
//
//   staged bytes --LZ4--> scratch --copy--> | part | part | .......
//                                                         ^ used_bytes
#pragma once

#include <span>

#include "ring/crash_layout.hpp"
#include "ring/ledger.hpp"

namespace dbgtrace::ring {

inline constexpr uint32_t kMaxStoredPartBytes = 65920;
inline constexpr uint32_t kBlackBoxScratchBytes = 16416 + kMaxStoredPartBytes + 16;

// Thread-safety: one thread at a time. Signal-safety: yes; a fault inside may be followed by the
// next append. Allocates: never.
class BlackBoxWriter {
 public:
  constexpr BlackBoxWriter() = default;

  // Writes the head of an empty black box. scratch: kBlackBoxScratchBytes. False: there is no space
  // for one.
  bool start(const Ledger& ledger, uint64_t salt, std::byte* scratch);
  void stop() { head_ = nullptr; }

  // Null before start.
  BlackBox* head() const { return head_; }

  // What was appended up to now stays for good; it belongs to no record.
  void keep() { kept_bytes_ = used_bytes(); }

  // Begins a record, which takes the place of an earlier one. Returns its number. Nothing is said
  // about a crash yet.
  uint32_t begin_record();
  // The crash of this record, whose checksum, record and tid are filled in here.
  void put_crash(const CrashHead& crash, uint32_t tid);

  // More than kMaxPartBytes becomes several parts; the address moves on in each (but stays 0 if it
  // is 0). False: (some of) it did not fit and was counted. Data must lie in memory that can be
  // read.
  bool append(PartKind kind, uint32_t subject, uint64_t address, std::span<const std::byte> data);

  uint32_t left_bytes() const;

 private:
  uint32_t used_bytes() const { return head_->used_bytes; }
  bool append_one(PartKind kind, uint32_t subject, uint64_t address,
                  std::span<const std::byte> data);

  const Ledger* ledger_ = nullptr;
  BlackBox* head_ = nullptr;
  std::byte* scratch_ = nullptr;
  uint64_t salt_ = 0;
  uint32_t section_bytes_ = 0;
  uint32_t kept_bytes_ = 0;
  uint32_t record_ = 0;
};

// As the format says; shared with the view.
uint32_t part_checksum(uint64_t salt, Part part, const std::byte* stored);
uint32_t crash_checksum(const CrashHead& crash);

}  // namespace dbgtrace::ring
