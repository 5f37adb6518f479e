// SPDX-License-Identifier: Apache-2.0
// What the corpus programs share: a pace, a repeatable dice and a way to tell the compiler that a
// block matters. Nothing in here allocates, so every block belongs to the program that is judged.
#pragma once

#include <stdint.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

// Every thread counts from its own start: on a busy machine a step that came late is followed by a
// shorter pause, so that a run takes as long as meant and two threads keep their relation.
static inline void pause_ms(long ms) {
  static __thread struct timespec next;
  if (next.tv_sec == 0) clock_gettime(CLOCK_MONOTONIC, &next);
  next.tv_nsec += ms * 1000000L;
  next.tv_sec += next.tv_nsec / 1000000000L;
  next.tv_nsec %= 1000000000L;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) != 0) {
  }
}

// The compiler may drop a block that nobody looks at; after this somebody did.
static inline void keep(const void* block) { __asm__ volatile("" : : "r"(block) : "memory"); }

// xorshift32: the same course on every machine. The state must not be 0.
static inline uint32_t roll(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
