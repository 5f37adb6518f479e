// SPDX-License-Identifier: Apache-2.0
// Additions to words of the mapped file. Each is one instruction, so that a signal handler on top
// of it meets the word before or after, never in between. Where several threads may add, it is a
// locked one; as long as the process has one thread, the plain one does, at a tenth of the cost.
#pragma once

#include <atomic>
#include <cstdint>

namespace dbgtrace::ring {

// How many threads the process has. kOne may be said only by that one thread.
enum class Threads : bool { kOne, kMany };

#if defined(__x86_64__)
inline constexpr bool kPlainAdditions = true;
#else
inline constexpr bool kPlainAdditions = false;  // no single instruction reads and writes memory
#endif

inline void add(uint64_t& word, uint64_t amount, Threads threads) {
#if defined(__x86_64__)
  if (threads == Threads::kOne) {
    __asm__ volatile("addq %1, %0" : "+m"(word) : "er"(amount) : "cc");
    return;
  }
#endif
  std::atomic_ref<uint64_t>(word).fetch_add(amount, std::memory_order_relaxed);
}

inline void add(uint32_t& word, uint32_t amount, Threads threads) {
#if defined(__x86_64__)
  if (threads == Threads::kOne) {
    __asm__ volatile("addl %1, %0" : "+m"(word) : "er"(amount) : "cc");
    return;
  }
#endif
  std::atomic_ref<uint32_t>(word).fetch_add(amount, std::memory_order_relaxed);
}

// The value before.
inline uint64_t fetch_add(uint64_t& word, uint64_t amount, Threads threads) {
#if defined(__x86_64__)
  if (threads == Threads::kOne) {
    __asm__ volatile("xaddq %0, %1" : "+r"(amount), "+m"(word) : : "cc");
    return amount;
  }
#endif
  return std::atomic_ref<uint64_t>(word).fetch_add(amount, std::memory_order_relaxed);
}

// Replaces expected by desired; expected becomes what was there if that was something else.
// Whoever wins may write what the word stands for, and sees what its last owner wrote.
template <typename Word>
bool replace(std::atomic<Word>& word, Word& expected, Word desired, Threads threads) {
#if defined(__x86_64__)
  if (threads == Threads::kOne) {
    bool done;
    __asm__ volatile("cmpxchg %3, %1"
                     : "+a"(expected), "+m"(word), "=@ccz"(done)
                     : "r"(desired)
                     : "memory");
    return done;
  }
#endif
  return word.compare_exchange_strong(expected, desired, std::memory_order_acq_rel,
                                      std::memory_order_relaxed);
}

}  // namespace dbgtrace::ring
