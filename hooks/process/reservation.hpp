// SPDX-License-Identifier: Apache-2.0
// Says which parts of the mapped file may be written, and reserves more of it without a descriptor:
// MADV_POPULATE_WRITE makes the kernel allocate the blocks now and report a full disk as an error,
// where a plain write would be a SIGBUS in the program
// (docs/decisions/0004-mapping-without-descriptor.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace dbgtrace::hooks::process {

// One bit a page. A page behind a reserved one is taken for sequential growth and brings 15 more;
// one by itself (a slot of a hash table) comes alone, so that a short process stays small.
// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.
class Reservation {
 public:
  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

  // all_reserved: the file has all its blocks already (older kernels).
  void start(std::byte* base, uint64_t size_bytes, bool all_reserved);

  // True if [offset, offset + size) may be written. One load and compare where it is reserved
  // already.
  bool ensure(uint64_t offset_bytes, uint64_t size_bytes);

  // Whether a part of [offset, offset + size) was reserved.
  bool is_any_reserved(uint64_t offset_bytes, uint64_t size_bytes) const {
    for (uint64_t at = offset_bytes / kPageBytes; at * kPageBytes < offset_bytes + size_bytes;
         ++at) {
      if (at < kMaxBytes / kPageBytes && is_reserved(at)) return true;
    }
    return false;
  }

  // No system calls from now on: what is not reserved is refused.
  void freeze() { frozen_.store(true, std::memory_order_relaxed); }
  void mark_all();

  // One bit a page: what ensure() would say yes to at once.
  const std::atomic<uint64_t>* bits() const { return bits_; }

 private:
  bool is_reserved(uint64_t page) const {
    return (bits_[page / 64].load(std::memory_order_relaxed) >> (page % 64) & 1) != 0;
  }
  bool reserve(uint64_t page);
  std::span<std::atomic<uint64_t>> words_for(uint64_t file_bytes);

  std::byte* base_ = nullptr;
  uint64_t size_bytes_ = 0;
  std::atomic<bool> frozen_{false};
  std::atomic<uint64_t> refused_until_ns_{0};  // a full disk is not asked again within a second
  std::atomic<uint64_t> bits_[kMaxBytes / kPageBytes / 64]{};
};

}  // namespace dbgtrace::hooks::process
