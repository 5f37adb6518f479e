// SPDX-License-Identifier: Apache-2.0
// Address -> slot of the live table. The index is private memory, the payload lies in the mapped
// file at the same slot: a forked child inherits the index as its own copy, look-ups never touch
// the file, and nobody who scribbles on the file can lead the recorder astray
// (docs/decisions/0005-private-index-of-live-samples.md).
//
// A removed slot is used again, but never becomes empty: an insertion that probes past it at that
// moment would be lost.
//
//   word  0 empty   1 removed   2 held by a realloc in progress   else  generation << 48 | address
//
// An entry of an older generation is a block of the parent that this forked child inherited. Open
// addressing, linear, at most kProbes slots; every change is one CAS.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::hooks::alloc {

inline constexpr uint32_t kNoSlot = ~0u;

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never (the memory comes from its
// owner, zeroed).
class LiveIndex {
 public:
  static constexpr uint32_t kProbes = 256;  // at 7/8 full, a run of 64 taken slots is common

  // words: capacity zeroed words; capacity is a power of two, at least kProbes.
  void start(std::atomic<uint64_t>* words, uint32_t capacity) {
    words_ = words;
    mask_ = capacity - 1;
  }
  // In a forked child: everything held so far is inherited.
  void next_generation() {
    generation_ = (generation_ + 1) & 0xffff;
    used_.store(0, std::memory_order_relaxed);
  }

  uint32_t used() const { return used_.load(std::memory_order_relaxed); }
  uint32_t capacity() const { return mask_ + 1; }

  struct Inserted {
    uint32_t slot;   // kNoSlot: no room within the probes
    uint32_t stale;  // slot of an older entry of the same address, removed now; kNoSlot: none
    bool stale_inherited;
  };
  Inserted insert(uintptr_t address);

  struct Found {
    uint32_t slot;  // kNoSlot: not there
    bool inherited;
  };
  Found find(uintptr_t address) const;

  // Frees the slot; false if another thread did.
  bool remove(uint32_t slot, uintptr_t address, bool inherited);

  // For a realloc: the slot keeps its place, but the address no longer leads to it.
  bool detach(uint32_t slot, uintptr_t address);
  void attach(uint32_t slot, uintptr_t address);
  void drop_detached(uint32_t slot);

 private:
  static constexpr uint64_t kRemoved = 1, kDetached = 2;
  uint64_t own_word(uintptr_t address) const { return uint64_t{generation_} << 48 | address; }
  static uint64_t address_of(uint64_t word) { return word & ((uint64_t{1} << 48) - 1); }
  uint32_t home(uintptr_t address) const {
    return static_cast<uint32_t>((address >> 4) * uint64_t{0x9e3779b97f4a7c15} >> 32) & mask_;
  }

  std::atomic<uint64_t>* words_ = nullptr;
  uint32_t mask_ = 0;
  uint32_t generation_ = 1;
  std::atomic<uint32_t> used_{0};
};

}  // namespace dbgtrace::hooks::alloc
