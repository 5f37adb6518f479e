// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_index.hpp"

#include <algorithm>

namespace dbgtrace::hooks::alloc {

uint32_t LiveIndex::words_for(uint32_t slots) {
  return std::bit_ceil(std::max(slots, kLineWords * kRowLines));
}

uint64_t LiveIndex::bytes_for(uint32_t slots) {
  return uint64_t{words_for(slots)} * sizeof(uint32_t) + words_for(slots) / kLineWords;
}

void LiveIndex::start(void* memory, uint32_t slots) {
  has_inherited_ = false;
  retired_ = false;
  slots_ = slots;
  line_mask_ = words_for(slots) / kLineWords - 1;
  words_ = static_cast<std::atomic<uint32_t>*>(memory);
  passed_ = reinterpret_cast<std::atomic<uint8_t>*>(words_ + words_for(slots));
}

void* LiveIndex::stop() {
  void* memory = words_;
  words_ = nullptr;
  return memory;
}

// Whether a word that was found belongs to the block that is in its slot now.
bool LiveIndex::is_own(uint32_t slot, const Home& home, const LiveSlots& live) const {
  const uintptr_t address = live.address_at(slot);
  if (address == 0) return false;
  const Home other = home_of(address);
  return other.tag == home.tag && ((other.line ^ home.line) & line_mask_) == 0;
}

// Behind a first line that was looked at.
LiveIndex::Found LiveIndex::find_beyond(uint32_t line, uintptr_t address, const Home& home,
                                        const LiveSlots& live, Found found) const {
  for (uint32_t probe = 1; probe < kMaxLines; ++probe) {
    if (passed_[line].load(std::memory_order_relaxed) == 0) break;
    line = next_line(line);
    const bool is_here = look_in(line, address, home, live, found);
    if (found.at / kLineWords == line) found.passed = true;
    if (is_here) break;
  }
  return found;
}

LiveIndex::Inserted LiveIndex::insert_beyond(uintptr_t address, uint32_t slot,
                                             const LiveSlots& live, ring::Threads threads) {
  const Found stale = find(address, live);
  if (stale.at != kNoSlot) return {false, stale};
  const Home home = home_of(address);
  const uint32_t first = home.line & line_mask_;
  uint32_t line = first;
  for (uint32_t probe = 0; probe < kMaxLines; ++probe, line = next_line(line)) {
    if (take_word(line, home, slot, threads)) [[likely]]
      return {true, stale};
    count_passing(line, threads);
  }
  line = first;
  for (uint32_t probe = 0; probe < kMaxLines; ++probe, line = next_line(line))
    uncount_passing(line, threads);
  return {false, stale};
}

void LiveIndex::uncount_on_the_way(const Home& home, uint32_t last, ring::Threads threads) {
  for (uint32_t line = home.line & line_mask_; line != last; line = next_line(line))
    uncount_passing(line, threads);
}

void LiveIndex::count_passing(uint32_t line, ring::Threads threads) {
  uint8_t count = passed_[line].load(std::memory_order_relaxed);
  while (count != kStuck &&
         !ring::replace(passed_[line], count, static_cast<uint8_t>(count + 1), threads)) {
  }
}

void LiveIndex::uncount_passing(uint32_t line, ring::Threads threads) {
  uint8_t count = passed_[line].load(std::memory_order_relaxed);
  while (count != kStuck && count != 0 &&
         !ring::replace(passed_[line], count, static_cast<uint8_t>(count - 1), threads)) {
  }
}

}  // namespace dbgtrace::hooks::alloc
