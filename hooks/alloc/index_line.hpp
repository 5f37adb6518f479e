// SPDX-License-Identifier: Apache-2.0
// The sixteen words of a line of the live index, looked at together.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace dbgtrace::hooks::alloc {

inline constexpr uint32_t kIndexTagMask = 0xfff00000;

#if defined(__SSE2__)
// One bit each for which of the words, masked, are equal to the wanted one.
inline uint32_t equal_words(const std::atomic<uint32_t>* line, uint32_t mask, uint32_t wanted) {
  const auto* words = reinterpret_cast<const __m128i*>(line);
  const __m128i masks = _mm_set1_epi32(static_cast<int>(mask));
  const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
  const auto equal = [&](int i) {
    return _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(words + i), masks), all);
  };
  const __m128i bytes =
      _mm_packs_epi16(_mm_packs_epi32(equal(0), equal(1)), _mm_packs_epi32(equal(2), equal(3)));
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}
#else
inline uint32_t equal_words(const std::atomic<uint32_t>* line, uint32_t mask, uint32_t wanted) {
  uint32_t equal = 0;
  for (uint32_t i = 0; i < 16; ++i)
    equal |= uint32_t{(line[i].load(std::memory_order_relaxed) & mask) == wanted} << i;
  return equal;
}
#endif

// Which words have the tag; an empty word has tag 0, too.
inline uint32_t words_with_tag(const std::atomic<uint32_t>* line, uint32_t tag) {
  return equal_words(line, kIndexTagMask, tag);
}

inline uint32_t empty_words(const std::atomic<uint32_t>* line) {
  return equal_words(line, ~uint32_t{0}, 0);
}

}  // namespace dbgtrace::hooks::alloc
