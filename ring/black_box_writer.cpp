// SPDX-License-Identifier: Apache-2.0
#include "ring/black_box_writer.hpp"

#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "ring/checksum.hpp"

namespace dbgtrace::ring {
namespace {

constexpr uint32_t kStateBytes = 16416;  // of LZ4_compress_fast_extState
constexpr uint32_t kWorthCompressing = 64;

uint32_t padded(uint32_t size_bytes) { return (size_bytes + 7) & ~7u; }

}  // namespace

uint32_t part_checksum(uint64_t salt, Part part, const std::byte* stored) {
  part.checksum = 0;
  return nonzero(
      crc32c(stored, part.stored_bytes, crc32c(&part, sizeof(part), crc32c(&salt, sizeof(salt)))));
}

uint32_t crash_checksum(const CrashHead& crash) {
  constexpr size_t kSkipped = offsetof(CrashHead, record);
  return nonzero(
      crc32c(reinterpret_cast<const std::byte*>(&crash) + kSkipped, sizeof(crash) - kSkipped));
}

bool BlackBoxWriter::start(const Ledger& ledger, uint64_t salt, std::byte* scratch) {
  head_ = nullptr;
  const Section& section = ledger.section(SectionKind::kBlackBox);
  if (section.size_bytes < kBlackBoxHeadBytes) return false;
  auto* head = reinterpret_cast<BlackBox*>(ledger.bytes(section.offset_bytes, sizeof(BlackBox)));
  if (head == nullptr) return false;
  ledger_ = &ledger;
  salt_ = salt;
  scratch_ =
      reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(scratch) + 15) & ~uintptr_t{15});
  section_bytes_ = static_cast<uint32_t>(std::min<uint64_t>(section.size_bytes, uint64_t{1} << 31));
  record_ = 0;
  kept_bytes_ = kBlackBoxHeadBytes;
  head->version = kBlackBoxVersion;
  head->salt = salt;
  head->used_bytes = kBlackBoxHeadBytes;
  std::atomic_ref<uint32_t>(head->magic).store(kBlackBoxMagic, std::memory_order_release);
  head_ = head;
  return true;
}

uint32_t BlackBoxWriter::begin_record() {
  std::atomic_ref<uint32_t>(head_->crash.tid).store(0, std::memory_order_relaxed);
  head_->used_bytes = kept_bytes_;
  head_->finished = static_cast<uint32_t>(CrashStep::kNothing);
  head_->failed_steps = head_->faults_inside = head_->parts_lost = 0;
  head_->threads_seen = head_->threads_silent = 0;
  return ++record_;
}

void BlackBoxWriter::put_crash(const CrashHead& crash, uint32_t tid) {
  CrashHead& place = head_->crash;
  std::memcpy(&place.record, &crash.record, sizeof(crash) - offsetof(CrashHead, record));
  place.record = record_;
  place.checksum = crash_checksum(place);
  std::atomic_ref<uint32_t>(place.tid).store(tid, std::memory_order_release);
}

uint32_t BlackBoxWriter::left_bytes() const {
  return section_bytes_ - std::min(section_bytes_, used_bytes());
}

bool BlackBoxWriter::append(PartKind kind, uint32_t subject, uint64_t address,
                            std::span<const std::byte> data) {
  for (size_t at = 0; at < data.size(); at += kMaxPartBytes) {
    const size_t size = std::min<size_t>(data.size() - at, kMaxPartBytes);
    if (append_one(kind, subject, address == 0 ? 0 : address + at, data.subspan(at, size)))
      continue;
    ++head_->parts_lost;
    return false;
  }
  return true;
}

bool BlackBoxWriter::append_one(PartKind kind, uint32_t subject, uint64_t address,
                                std::span<const std::byte> data) {
  Part part{};
  part.kind = static_cast<uint16_t>(kind);
  part.record = static_cast<uint8_t>(record_);
  part.subject = subject;
  part.address = address;
  part.raw_bytes = part.stored_bytes = static_cast<uint32_t>(data.size());
  const std::byte* stored = data.data();
  if (data.size() >= kWorthCompressing) {
    std::byte* output = scratch_ + kStateBytes;
    const int size = LZ4_compress_fast_extState(
        scratch_, reinterpret_cast<const char*>(data.data()), reinterpret_cast<char*>(output),
        static_cast<int>(data.size()), static_cast<int>(kMaxStoredPartBytes), 1);
    if (size > 0 && static_cast<uint32_t>(size) < part.raw_bytes) {
      part.compressed = 1;
      part.stored_bytes = static_cast<uint32_t>(size);
      stored = output;
    }
  }
  const uint32_t at = used_bytes();
  const uint32_t total = static_cast<uint32_t>(sizeof(part)) + padded(part.stored_bytes);
  if (total > left_bytes()) return false;
  std::byte* place =
      ledger_->bytes(ledger_->section(SectionKind::kBlackBox).offset_bytes + at, total);
  if (place == nullptr) return false;
  part.magic = kPartMagic;
  part.checksum = part_checksum(salt_, part, stored);
  std::memcpy(place + sizeof(part), stored, part.stored_bytes);
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(place, &part, sizeof(part));
  std::atomic_ref<uint32_t>(head_->used_bytes).store(at + total, std::memory_order_release);
  return true;
}

}  // namespace dbgtrace::ring
