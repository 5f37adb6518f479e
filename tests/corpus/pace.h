// SPDX-License-Identifier: Apache-2.0
// What the corpus programs share: a pace, a repeatable dice and a way to tell the compiler that a
// block matters. Nothing in here allocates, so every block belongs to the program that is judged.
#pragma once

#include <stdint.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))

static inline void pause_ms(long ms) {
  struct timespec left = {ms / 1000, (ms % 1000) * 1000000L};
  while (nanosleep(&left, &left) != 0) {
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
