// SPDX-License-Identifier: Apache-2.0
// Typed access of the writer to the sections of a recording. Before a byte is touched for the first
// time, the space under it must be reserved (a write to a hole on a full disk is a SIGBUS in
// somebody else's program); how is the owner's business and comes in as a function, so that this
// layer stays free of the OS.
#pragma once

#include <atomic>
#include <cstdint>

#include "ring/layout.hpp"

namespace dbgtrace::ring {

// Says which pages of the file may be written now, and asks for more of them.
struct Space {
  // One bit a page of kPageBytes that may be written.
  const std::atomic<uint64_t>* reserved = nullptr;
  // Whether [offset, offset + size) may be written, called where a bit is not set. Null: all may.
  bool (*ensure)(uint64_t offset_bytes, uint64_t size_bytes) = nullptr;

  static constexpr uint64_t kPageBytes = 4096;
};

// Thread-safety: the object is constant after set-up; what it points at is shared, see each table.
// Signal-safety: yes. Allocates: never.
class Ledger {
 public:
  constexpr Ledger() = default;
  Ledger(std::byte* base, const Space& space) : base_(base), space_(space) {}

  Header& header() const { return *reinterpret_cast<Header*>(base_); }
  LiveHeader& live() const { return header().live; }
  LossCounters& lost() const { return header().live.lost; }
  // Sections are copied from the writer's own plan, never re-read from the file that others might
  // have changed.
  const Section& section(SectionKind kind) const { return sections_[static_cast<uint32_t>(kind)]; }
  void set_section(SectionKind kind, const Section& section) {
    sections_[static_cast<uint32_t>(kind)] = section;
  }
  std::byte* base() const { return base_; }
  // Whether this recording began with every allocation recorded.
  bool every_allocation() const { return every_allocation_; }
  void set_every_allocation(bool every) { every_allocation_ = every; }

  // Null if the index is out of range or the space is refused (counted).
  template <typename T>
  T* entry(SectionKind kind, uint64_t index) const {
    const Section& s = section(kind);
    if (index >= s.capacity) return nullptr;
    return reinterpret_cast<T*>(bytes(s.offset_bytes + index * s.entry_bytes, s.entry_bytes));
  }

  // The same of entries of which a whole number makes a page, in a section that begins with one.
  template <typename T>
  T* entry_in_page(SectionKind kind, uint64_t index) const {
    static_assert(Space::kPageBytes % sizeof(T) == 0);
    const Section& s = section(kind);
    if (index >= s.capacity) [[unlikely]]
      return nullptr;
    const uint64_t offset_bytes = s.offset_bytes + index * sizeof(T);
    if (space_.reserved != nullptr && is_reserved(offset_bytes / Space::kPageBytes)) [[likely]]
      return reinterpret_cast<T*>(base_ + offset_bytes);
    return reinterpret_cast<T*>(bytes(offset_bytes, sizeof(T)));
  }

  // Null if the space is refused (counted).
  std::byte* bytes(uint64_t offset_bytes, uint64_t size_bytes) const {
    if (space_.reserved == nullptr)
      return space_.ensure == nullptr ? base_ + offset_bytes : ask(offset_bytes, size_bytes);
    const uint64_t first = offset_bytes / Space::kPageBytes;
    const uint64_t last = (offset_bytes + size_bytes - 1) / Space::kPageBytes;
    if (is_reserved(first) && (first == last || (first + 1 == last && is_reserved(last))))
        [[likely]] {
      return base_ + offset_bytes;
    }
    return ask(offset_bytes, size_bytes);
  }

  static void add(uint64_t& counter, uint64_t amount) {
    std::atomic_ref<uint64_t>(counter).fetch_add(amount, std::memory_order_relaxed);
  }
  static void add(double& sum, double amount) {
    std::atomic_ref<double> reference(sum);
    double old = reference.load(std::memory_order_relaxed);
    while (!reference.compare_exchange_weak(old, old + amount, std::memory_order_relaxed)) {
    }
  }
  static uint64_t load(const uint64_t& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }
  // Raises maximum to at least value; true if it did.
  static bool raise(uint64_t& maximum, uint64_t value) {
    std::atomic_ref<uint64_t> reference(maximum);
    uint64_t old = reference.load(std::memory_order_relaxed);
    while (old < value) {
      if (reference.compare_exchange_weak(old, value, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  bool is_reserved(uint64_t page) const {
    return (space_.reserved[page / 64].load(std::memory_order_relaxed) >> (page % 64) & 1) != 0;
  }
  [[gnu::noinline]] std::byte* ask(uint64_t offset_bytes, uint64_t size_bytes) const {
    if (space_.ensure(offset_bytes, size_bytes)) return base_ + offset_bytes;
    add(lost().disk_refused, 1);
    return nullptr;
  }

  std::byte* base_ = nullptr;
  Space space_;
  bool every_allocation_ = false;
  Section sections_[kSectionCount]{};
};

}  // namespace dbgtrace::ring
