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
// Up to the first page that is not readable; the count of bytes. At most kMaxCopyBytes.
inline constexpr size_t kMaxCopyBytes = 64 << 10;
size_t copy_some(uintptr_t address, void* to, size_t size_bytes);

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
  // What is asked for next lies near, before or behind.
  const std::byte* fill(uintptr_t address, uint32_t size_bytes) {
    const uintptr_t starts[] = {address / kBytes * kBytes, address / kPage * kPage, address};
    for (const uintptr_t start : starts) {
      start_ = start;
      filled_ = copy_some(start, bytes_, kBytes);
      if (address + size_bytes <= start + filled_) return bytes_ + (address - start);
    }
    filled_ = 0;
    return nullptr;
  }

  static constexpr uintptr_t kPage = 4096;
  static_assert(kBytes % kPage == 0 && kBytes <= kMaxCopyBytes);
  uintptr_t start_ = 0;
  uintptr_t filled_ = 0;
  std::byte bytes_[kBytes] = {};
};

// Several of them side by side, for what is asked for here and there in a larger area.
template <uint32_t kBytes, uint32_t kCount>
class Windows {
 public:
  constexpr Windows() = default;
  const std::byte* at(uintptr_t address, uint32_t size_bytes) {
    return windows_[address / kBytes % kCount].at(address, size_bytes);
  }
  template <typename T>
  bool load(uintptr_t address, T& value) {
    return windows_[address / kBytes % kCount].load(address, value);
  }
  void forget() {
    for (auto& window : windows_) window.forget();
  }

 private:
  Window<kBytes> windows_[kCount] = {};
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
