// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/guarded_reader.hpp"

#include <errno.h>
#include <sys/uio.h>

#include <algorithm>

#include "hooks/os/files.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using stack::kPageBytes;
using stack::page_of;

constexpr uint32_t kPagesAtOnce = 17;  // 64 KiB that begin anywhere

}  // namespace

void GuardedReader::prove(uintptr_t low, uintptr_t high) {
  if (low < high && proven_count_ < kRanges) proven_[proven_count_++] = {low, high};
}

size_t GuardedReader::copy(uintptr_t from, std::span<std::byte> to) {
  if (to.empty() || from + to.size() < from) return 0;
  if (pid_ == 0) return copy_proven(from, to);
  size_t total = 0;
  while (total < to.size() && !refused_) {
    // One element a page: the kernel stops at the first one that it cannot read.
    iovec remote[kPagesAtOnce];
    uint32_t count = 0;
    size_t asked = 0;
    while (count < kPagesAtOnce && total + asked < to.size()) {
      const uintptr_t at = from + total + asked;
      const size_t size = std::min(page_of(at) + kPageBytes - at, to.size() - total - asked);
      remote[count++] = {reinterpret_cast<void*>(at), size};
      asked += size;
    }
    const iovec local{to.data() + total, asked};
    const long got = os::raw_syscall(SYS_process_vm_readv, pid_, os::as_argument(&local), 1,
                                     os::as_argument(remote), count, 0);
    if (os::is_error(got) && got != -EFAULT) {
      refused_ = true;
      break;
    }
    if (got > 0) total += static_cast<size_t>(got);
    if (got < static_cast<long>(asked)) return total;
  }
  return refused_ ? total + copy_page_by_page(from + total, to.subspan(total)) : total;
}

size_t GuardedReader::copy_page_by_page(uintptr_t from, std::span<std::byte> to) {
  size_t total = 0;
  while (total < to.size()) {
    const uintptr_t at = from + total;
    if (!stack::readable(page_of(at))) break;
    const size_t size = std::min(page_of(at) + kPageBytes - at, to.size() - total);
    std::memcpy(to.data() + total, reinterpret_cast<const void*>(at), size);
    total += size;
  }
  return total;
}

size_t GuardedReader::copy_proven(uintptr_t from, std::span<std::byte> to) const {
  for (uint32_t i = 0; i < proven_count_; ++i) {
    if (from < proven_[i].low || from >= proven_[i].high) continue;
    const size_t size = std::min(to.size(), proven_[i].high - from);
    std::memcpy(to.data(), reinterpret_cast<const void*>(from), size);
    return size;
  }
  return 0;
}

size_t GuardedReader::copy_text(uintptr_t from, std::span<std::byte> to) {
  const size_t got = copy(from, to);
  const void* end = std::memchr(to.data(), 0, got);
  return end == nullptr ? got : static_cast<size_t>(static_cast<const std::byte*>(end) - to.data());
}

uintptr_t GuardedReader::first_readable(uintptr_t address, uint32_t pages) {
  if (pid_ == 0) {
    for (uint32_t i = 0; i < proven_count_; ++i) {
      if (address < proven_[i].high) return std::max(address, proven_[i].low);
    }
    return 0;
  }
  uintptr_t page = page_of(address);
  for (uint32_t i = 0; i < pages && page >= page_of(address); ++i, page += kPageBytes) {
    if (stack::readable(page)) return std::max(address, page);
  }
  return 0;
}

}  // namespace dbgtrace::hooks::crash
