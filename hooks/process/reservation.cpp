// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/reservation.hpp"

#include <algorithm>

#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace dbgtrace::hooks::process {
namespace {
constexpr uint64_t kRetryNs = 1'000'000'000;
constexpr uint64_t kStepPages = 16;
constexpr long kInterrupted = -4;  // EINTR
constexpr long kAgain = -11;       // EAGAIN
}  // namespace

void Reservation::start(std::byte* base, uint64_t size_bytes, bool all_reserved) {
  const uint64_t bytes_before = size_bytes_;
  base_ = base;
  size_bytes_ = size_bytes;
  refused_until_ns_.store(0, std::memory_order_relaxed);
  for (auto& word : words_for(std::max(bytes_before, size_bytes))) {
    if (word.load(std::memory_order_relaxed) != 0 || all_reserved)
      word.store(all_reserved ? ~uint64_t{0} : 0);
  }
}

void Reservation::mark_all() {
  for (auto& word : words_for(size_bytes_)) word.store(~uint64_t{0}, std::memory_order_relaxed);
}

std::span<std::atomic<uint64_t>> Reservation::words_for(uint64_t file_bytes) {
  constexpr uint64_t kBytesOfWord = kPageBytes * 64;
  return std::span(bits_).first((std::min(file_bytes, kMaxBytes) + kBytesOfWord - 1) /
                                kBytesOfWord);
}

bool Reservation::ensure(uint64_t offset_bytes, uint64_t size_bytes) {
  if (offset_bytes + size_bytes > size_bytes_) return false;
  const uint64_t last = (offset_bytes + size_bytes - 1) / kPageBytes;
  for (uint64_t page = offset_bytes / kPageBytes; page <= last; ++page) {
    if (!is_reserved(page) && !reserve(page)) return false;
  }
  return true;
}

bool Reservation::reserve(uint64_t page) {
  if (frozen_.load(std::memory_order_relaxed)) return false;
  const uint64_t refused_until_ns = refused_until_ns_.load(std::memory_order_relaxed);
  if (refused_until_ns != 0 && os::monotonic_ns() < refused_until_ns) return false;
  const uint64_t pages =
      page > 0 && is_reserved(page - 1) ? std::min(kStepPages, size_bytes_ / kPageBytes - page) : 1;
  long result;
  do {
    result = os::raw_syscall(SYS_madvise, os::as_argument(base_ + page * kPageBytes),
                             static_cast<long>(pages * kPageBytes), MADV_POPULATE_WRITE);
  } while (result == kInterrupted || result == kAgain);
  if (result != 0) {
    refused_until_ns_.store(os::monotonic_ns() + kRetryNs, std::memory_order_relaxed);
    return false;
  }
  for (uint64_t i = page; i < page + pages; ++i) {
    bits_[i / 64].fetch_or(uint64_t{1} << (i % 64), std::memory_order_relaxed);
  }
  return true;
}

}  // namespace dbgtrace::hooks::process
