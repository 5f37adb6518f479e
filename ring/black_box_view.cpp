// SPDX-License-Identifier: Apache-2.0
#include "ring/black_box_view.hpp"

#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "ring/black_box_writer.hpp"
#include "ring/shared_words.hpp"

namespace dbgtrace::ring {
namespace {

bool has_sane_sizes(const Part& part, uint64_t room) {
  if (part.raw_bytes == 0 || part.raw_bytes > kMaxPartBytes || part.compressed > 1) return false;
  if (part.compressed == 0 && part.stored_bytes != part.raw_bytes) return false;
  return part.stored_bytes != 0 && part.stored_bytes <= kMaxStoredPartBytes &&
         part.stored_bytes <= room;
}

}  // namespace

BlackBoxReport read_black_box(std::span<const std::byte> section, uint64_t salt, BlackBox& head) {
  BlackBoxReport report;
  head = BlackBox{};
  if (section.size() < kBlackBoxHeadBytes) {
    report.problem = "the file ends inside the black box";
    return report;
  }
  BlackBox found = load_entry<BlackBox>(section.data(), offsetof(BlackBox, crash));
  if (found.magic == 0 && found.crash.tid == 0) return report;
  if (found.magic != kBlackBoxMagic || found.salt != salt) {
    report.problem = "the black box does not belong to this recording";
    return report;
  }
  if (found.version != kBlackBoxVersion) {
    report.problem = "the black box is of an unknown version";
    return report;
  }
  report.present = true;
  report.crashed = found.crash.tid != 0;
  report.crash_whole = report.crashed && found.crash.checksum == crash_checksum(found.crash);
  if (report.crashed && !report.crash_whole)
    report.problem = "the head of the crash record is damaged";
  found.crash.thread_name[sizeof(found.crash.thread_name) - 1] = '\0';
  found.crash.register_count = std::min(found.crash.register_count, kMaxRegisters);
  head = found;
  return report;
}

bool PartScanner::next(PartView& view) {
  const uint64_t budget = 8 * uint64_t{section_.size()};
  for (; at_ + sizeof(Part) <= section_.size(); at_ += 8) {
    Part part;
    std::memcpy(&part, section_.data() + at_, sizeof(part));
    if (part.magic != kPartMagic) continue;
    const std::byte* stored = section_.data() + at_ + sizeof(part);
    bool valid = has_sane_sizes(part, section_.size() - at_ - sizeof(part));
    if (valid) {
      if (checked_bytes_ > budget) {
        gave_up_ = true;
        return false;
      }
      checked_bytes_ += sizeof(part) + part.stored_bytes;
      valid = part.checksum == part_checksum(salt_, part, stored);
    }
    if (!valid) {
      ++damaged_;
      continue;
    }
    view = {static_cast<PartKind>(part.kind),
            part.subject,
            part.address,
            part.raw_bytes,
            part.compressed == 1,
            part.record,
            at_,
            {stored, part.stored_bytes}};
    at_ += sizeof(part) + ((part.stored_bytes + 7) & ~uint64_t{7});
    return true;
  }
  return false;
}

bool unpack(const PartView& part, std::span<std::byte> out) {
  if (part.raw_bytes > out.size()) return false;
  if (!part.compressed) {
    if (part.stored.size() != part.raw_bytes) return false;
    std::memcpy(out.data(), part.stored.data(), part.stored.size());
    return true;
  }
  const int size = LZ4_decompress_safe(
      reinterpret_cast<const char*>(part.stored.data()), reinterpret_cast<char*>(out.data()),
      static_cast<int>(part.stored.size()), static_cast<int>(part.raw_bytes));
  return size == static_cast<int>(part.raw_bytes);
}

}  // namespace dbgtrace::ring
