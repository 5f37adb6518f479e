// SPDX-License-Identifier: Apache-2.0
// Reads and changes words of this process that may go away at any moment (a module that another
// thread unloads): the kernel copies, so that what is gone is an answer and not a fault. A window
// of bytes is kept, since neighbours are asked for one after the other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dbgtrace::hooks::attach {

// Thread-safety: one thread. Signal-safety: yes. Allocates: never.
template <uint32_t kBytes>
class Window;

// False: not readable, wholly.
bool copy_from(uintptr_t address, void* to, size_t size_bytes);

template <uint32_t kBytes>
class Window {
 public:
  constexpr Window() = default;

  // Null: it cannot be read. Valid until the next call.
  const std::byte* at(uintptr_t address, uint32_t size_bytes) {
    if (address >= start_ && address + size_bytes <= start_ + filled_)
      return bytes_ + (address - start_);
    return fill(address, size_bytes);
  }
  template <typename T>
  bool load(uintptr_t address, T& value) {
    const std::byte* found = at(address, sizeof(T));
    if (found != nullptr) __builtin_memcpy(&value, found, sizeof(T));
    return found != nullptr;
  }
  void forget() { filled_ = 0; }

 private:
  // To the end of the page that has the last byte, at most: what lies behind it may be another's.
  const std::byte* fill(uintptr_t address, uint32_t size_bytes) {
    filled_ = 0;
    start_ = address;
    constexpr uintptr_t kPage = 4096;
    uintptr_t size = (address + kBytes) / kPage * kPage - address;
    while (size >= size_bytes && size > kPage && !copy_from(address, bytes_, size)) size -= kPage;
    if (size < size_bytes || size <= kPage) {
      size = (address + size_bytes + kPage - 1) / kPage * kPage - address;
      if (size > kBytes) size = size_bytes;
      if (!copy_from(address, bytes_, size)) return nullptr;
    }
    filled_ = size;
    return bytes_;
  }

  uintptr_t start_ = 0;
  uintptr_t filled_ = 0;
  std::byte bytes_[kBytes] = {};
};

// Changes single words. A page that is read-only (RELRO) is writable for as long as words of it are
// changed one after the other; close() ends that. Thread-safety: one thread. Signal-safety: yes.
// Allocates: never.
class SlotWriter {
 public:
  constexpr SlotWriter() = default;
  ~SlotWriter() { close(); }
  SlotWriter(const SlotWriter&) = delete;
  SlotWriter& operator=(const SlotWriter&) = delete;

  bool write(uintptr_t slot, uintptr_t value);
  void close();

 private:
  uintptr_t open_page_ = 0;
};

// Whether the kernel copies at all here (a sandbox may refuse it).
bool can_copy();

}  // namespace dbgtrace::hooks::attach
