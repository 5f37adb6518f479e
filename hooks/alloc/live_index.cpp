// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_index.hpp"

namespace dbgtrace::hooks::alloc {

LiveIndex::Inserted LiveIndex::insert(uintptr_t address) {
  Inserted result{kNoSlot, kNoSlot, false};
  // An entry of this address can only be one whose free by-passed us: the allocator would not give
  // the address out twice.
  if (const Found old = find(address);
      old.slot != kNoSlot && remove(old.slot, address, old.inherited)) {
    result.stale = old.slot;
    result.stale_inherited = old.inherited;
  }
  uint32_t slot = home(address);
  for (uint32_t probe = 0; probe < kProbes; ++probe, slot = (slot + 1) & mask_) {
    uint64_t word = words_[slot].load(std::memory_order_relaxed);
    while (word <= kRemoved) {
      if (words_[slot].compare_exchange_weak(word, own_word(address), std::memory_order_relaxed)) {
        used_.fetch_add(1, std::memory_order_relaxed);
        result.slot = slot;
        return result;
      }
    }
  }
  return result;
}

LiveIndex::Found LiveIndex::find(uintptr_t address) const {
  if (words_ == nullptr) return {kNoSlot, false};
  uint32_t slot = home(address);
  for (uint32_t probe = 0; probe < kProbes; ++probe, slot = (slot + 1) & mask_) {
    const uint64_t word = words_[slot].load(std::memory_order_relaxed);
    if (word == 0) break;
    if (word > kDetached && address_of(word) == address) return {slot, word != own_word(address)};
  }
  return {kNoSlot, false};
}

bool LiveIndex::remove(uint32_t slot, uintptr_t address, bool inherited) {
  uint64_t word = words_[slot].load(std::memory_order_relaxed);
  if (address_of(word) != address || word <= kDetached) return false;
  if (!words_[slot].compare_exchange_strong(word, kRemoved, std::memory_order_relaxed))
    return false;
  if (!inherited) used_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

bool LiveIndex::detach(uint32_t slot, uintptr_t address) {
  uint64_t word = own_word(address);
  return words_[slot].compare_exchange_strong(word, kDetached, std::memory_order_relaxed);
}

void LiveIndex::attach(uint32_t slot, uintptr_t address) {
  words_[slot].store(own_word(address), std::memory_order_relaxed);
}

void LiveIndex::drop_detached(uint32_t slot) {
  words_[slot].store(kRemoved, std::memory_order_relaxed);
  used_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace dbgtrace::hooks::alloc
