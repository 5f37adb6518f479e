// SPDX-License-Identifier: Apache-2.0
// Copies memory of the dying program that may be gone, corrupt or guarded, without ever faulting:
// the kernel copies (process_vm_readv) or, where a policy refuses that, is asked page by page.
// Where no system call is allowed, only ranges that are known to be readable are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace dbgtrace::hooks::crash {

// Thread-safety: one thread. Signal-safety: yes. Allocates: never.
class GuardedReader {
 public:
  // With the kernel's help; pid is the calling process.
  void use_kernel(uint32_t pid) { pid_ = pid; }
  // Without: only what was proven, [low, high) each.
  void use_proven() { pid_ = 0; }
  void prove(uintptr_t low, uintptr_t high);

  // How many bytes from the beginning could be read.
  size_t copy(uintptr_t from, std::span<std::byte> to);

  template <typename T>
  bool load(uintptr_t from, T& value) {
    return copy(from, std::as_writable_bytes(std::span(&value, 1))) == sizeof(T);
  }
  // A NUL-terminated text; 0 if its first byte cannot be read. At most to.size() bytes, not
  // terminated in `to`.
  size_t copy_text(uintptr_t from, std::span<std::byte> to);

  // The first readable page at or above the address, at most pages on; 0: none.
  uintptr_t first_readable(uintptr_t address, uint32_t pages);

 private:
  static constexpr uint32_t kRanges = 4;
  struct Range {
    uintptr_t low, high;
  };

  size_t copy_page_by_page(uintptr_t from, std::span<std::byte> to);
  size_t copy_proven(uintptr_t from, std::span<std::byte> to) const;

  uint32_t pid_ = 0;
  bool refused_ = false;  // the kernel does not copy here
  Range proven_[kRanges] = {};
  uint32_t proven_count_ = 0;
};

}  // namespace dbgtrace::hooks::crash
