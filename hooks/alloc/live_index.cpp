// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/live_index.hpp"

#include <algorithm>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dbgtrace::hooks::alloc {

namespace {

constexpr uint32_t kTagMask = 0xfff00000;

// Of the 16 words of a line, one bit each: which have the tag (an empty word has tag 0, too), and
// which are empty.
struct LineMasks {
  uint32_t with_tag;
  uint32_t empty;
};

#if defined(__SSE2__)
uint32_t bits_of(__m128i a, __m128i b, __m128i c, __m128i d) {
  const __m128i bytes = _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}

LineMasks masks_of(const std::atomic<uint32_t>* line, uint32_t tag) {
  const auto* words = reinterpret_cast<const __m128i*>(line);
  const __m128i mask = _mm_set1_epi32(static_cast<int>(kTagMask));
  const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
  const __m128i zero = _mm_setzero_si128();
  const __m128i a = _mm_load_si128(words), b = _mm_load_si128(words + 1);
  const __m128i c = _mm_load_si128(words + 2), d = _mm_load_si128(words + 3);
  return {bits_of(_mm_cmpeq_epi32(_mm_and_si128(a, mask), wanted),
                  _mm_cmpeq_epi32(_mm_and_si128(b, mask), wanted),
                  _mm_cmpeq_epi32(_mm_and_si128(c, mask), wanted),
                  _mm_cmpeq_epi32(_mm_and_si128(d, mask), wanted)),
          bits_of(_mm_cmpeq_epi32(a, zero), _mm_cmpeq_epi32(b, zero), _mm_cmpeq_epi32(c, zero),
                  _mm_cmpeq_epi32(d, zero))};
}
#else
LineMasks masks_of(const std::atomic<uint32_t>* line, uint32_t tag) {
  LineMasks masks{};
  for (uint32_t i = 0; i < 16; ++i) {
    const uint32_t word = line[i].load(std::memory_order_relaxed);
    masks.with_tag |= uint32_t{(word & kTagMask) == tag} << i;
    masks.empty |= uint32_t{word == 0} << i;
  }
  return masks;
}
#endif

}  // namespace

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

inline LiveIndex::Home LiveIndex::home_of(uintptr_t address) {
  const uint64_t hash = (address >> 12) * uint64_t{0x9e3779b97f4a7c15};
  const auto row = static_cast<uint32_t>(hash >> 32);
  // Large blocks all begin at the same place of their pages: the hash spreads these.
  const uint32_t line =
      (row & ~(kRowLines - 1)) | ((static_cast<uint32_t>(address >> 9) ^ row) & (kRowLines - 1));
  const uint32_t tag =
      (static_cast<uint32_t>(address >> 3) & 63) | (static_cast<uint32_t>(hash >> 26) & 63) << 6;
  return {line, tag << kSlotBits};
}

// Whether a word that was found belongs to the block that is in its slot now.
bool LiveIndex::is_own(uint32_t slot, const Home& home, const LiveSlots& live) const {
  const uintptr_t address = live.address_at(slot);
  if (address == 0) return false;
  const Home other = home_of(address);
  return other.tag == home.tag && ((other.line ^ home.line) & line_mask_) == 0;
}

// True: found is the block of that address. Else it is what may be an inherited one.
inline bool LiveIndex::look_in(uint32_t line, uintptr_t address, const Home& home,
                               const LiveSlots& live, Found& found) const {
  const LineMasks masks = masks_of(words_ + line * kLineWords, home.tag);
  for (uint32_t left = masks.with_tag & ~masks.empty; left != 0; left &= left - 1) {
    const uint32_t at = line * kLineWords + static_cast<uint32_t>(std::countr_zero(left));
    const uint32_t slot = (words_[at].load(std::memory_order_relaxed) & kMaxSlots) - 1;
    if (live.address_at(slot) == address) [[likely]] {
      found = {at, slot};
      return true;
    }
    if (has_inherited_ && found.at == kNoSlot && !is_own(slot, home, live)) found.at = at;
  }
  return false;
}

LiveIndex::Found LiveIndex::find(uintptr_t address, const LiveSlots& live) const {
  Found found{kNoSlot, kNoSlot};
  if (words_ == nullptr) return found;
  const Home home = home_of(address);
  uint32_t line = home.line & line_mask_;
  for (uint32_t probe = 0; probe < kMaxLines; ++probe, line = next_line(line)) {
    if (look_in(line, address, home, live, found)) break;
    if (passed_[line].load(std::memory_order_relaxed) == 0) break;
  }
  return found;
}

inline bool LiveIndex::take_word(uint32_t line, const Home& home, uint32_t slot,
                                 ring::Threads threads) {
  std::atomic<uint32_t>* words = words_ + line * kLineWords;
  for (uint32_t left = masks_of(words, home.tag).empty; left != 0; left &= left - 1) {
    uint32_t empty = 0;
    if (ring::replace(words[std::countr_zero(left)], empty, word_of(home, slot), threads))
      return true;
  }
  return false;
}

LiveIndex::Inserted LiveIndex::insert(uintptr_t address, uint32_t slot, const LiveSlots& live,
                                      ring::Threads threads) {
  const Home home = home_of(address);
  const uint32_t first = home.line & line_mask_;
  Found stale{kNoSlot, kNoSlot};
  if (look_in(first, address, home, live, stale)) return {false, stale};
  if (passed_[first].load(std::memory_order_relaxed) != 0) stale = find(address, live);
  if (stale.at != kNoSlot) [[unlikely]]
    return {false, stale};
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

bool LiveIndex::remove(Found found, uintptr_t address, ring::Threads threads) {
  uint32_t word = words_[found.at].load(std::memory_order_relaxed);
  const Home home = home_of(address);
  if (word == 0 || (word & kTagMask) != home.tag) return false;
  if (found.slot != kNoSlot && word != word_of(home, found.slot)) return false;
  if (!ring::replace(words_[found.at], word, 0u, threads)) return false;
  const uint32_t last = found.at / kLineWords;
  for (uint32_t line = home.line & line_mask_; line != last; line = next_line(line))
    uncount_passing(line, threads);
  return true;
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
