// SPDX-License-Identifier: Apache-2.0
// Loads from bytes that another process may be changing: every word is read once, whole, with
// acquire order, so that what was written before an entry's key is seen once the key is seen. The
// bytes must lie at a multiple of 8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace dbgtrace::ring {

inline uint64_t load_word(const std::byte* at) {
  using Word [[gnu::may_alias]] = uint64_t;
  return __atomic_load_n(reinterpret_cast<const Word*>(at), __ATOMIC_ACQUIRE);
}

// The entry at `at`. key_offset is that of the member that the writer stores last: its word is
// loaded first.
template <typename Entry>
Entry load_entry(const std::byte* at, size_t key_offset = 0) {
  static_assert(std::is_trivially_copyable_v<Entry> && sizeof(Entry) % 8 == 0);
  uint64_t words[sizeof(Entry) / 8];
  (void)load_word(at + key_offset / 8 * 8);
  for (size_t i = 0; i < sizeof(Entry) / 8; ++i) words[i] = load_word(at + i * 8);
  Entry entry;
  std::memcpy(&entry, words, sizeof(Entry));
  return entry;
}

}  // namespace dbgtrace::ring
