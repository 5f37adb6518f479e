// SPDX-License-Identifier: Apache-2.0
// The two questions that every call of the program answers: does a hit lie in these bytes, may this
// block be a sampled one? Written out where the compiler needs more instructions than the question
// has steps; tools/fast_path.py counts them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hooks/alloc/free_filter.hpp"
#include "hooks/alloc/thread_state.hpp"

namespace dbgtrace::hooks::alloc {

// Takes size bytes off the thread's countdown; false if a hit lies in them, or if the countdown is
// below zero: a signal handler came before give_back() and allocates, or has jumped away for good.
[[gnu::always_inline]] inline bool passes(size_t size) {
#if defined(__x86_64__)
  static_assert(offsetof(ThreadState, countdown) == 0);
  __asm__ goto(
      "movq dbgtrace_thread_state@gottpoff(%%rip), %%r11\n\t"
      "subq %0, %%fs:(%%r11)\n\t"
      "jbe %l[hit]\n\t"
      "js %l[hit]"
      :
      : "r"(size)
      : "r11", "cc", "memory"
      : hit);
  return true;
hit:
  return false;
#else
  const uint64_t before = t_state.countdown;
  t_state.countdown = before - size;
  return before > size && static_cast<int64_t>(before) > 0;
#endif
}

// What passes() took although a hit lies in it; comes first on the slow path.
inline void give_back(size_t size) { t_state.countdown += size; }

[[gnu::always_inline]] inline bool may_be_sampled(const void* block) {
  const auto& count = g_free_filter.count_of(reinterpret_cast<uintptr_t>(block));
#if defined(__x86_64__)
  __asm__ goto("cmpb $0, %0\n\tjne %l[held]" : : "m"(count) : "cc" : held);
  return false;
held:
  return true;
#else
  return count.load(std::memory_order_relaxed) != 0;
#endif
}

}  // namespace dbgtrace::hooks::alloc
