// SPDX-License-Identifier: Apache-2.0
// Ways to crash, one function a kind. The line that faults, or that calls what aborts, ends in
// "// crash: KIND": from there the runner knows function and line of the truth.
#pragma once

#include <cstddef>

struct Kind {
  const char* name;
  void (*run)();
};

// Each table ends with an empty name.
extern const Kind kMemoryKinds[], kStackKinds[], kHeapKinds[], kTrapKinds[], kAbortKinds[],
    kPlaceKinds[], kProcessKinds[];

// What the optimizer must not know.
template <typename T>
T hidden(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Keeps a frame where it is: what follows a call is no tail call, a frame before it is not dropped.
inline void stay() { asm volatile("" ::: "memory"); }
