// SPDX-License-Identifier: Apache-2.0
// What the exports are made of: 10 blocks of 1000 bytes that stay, 100 of 100 bytes that do not,
// with an inlined function and a name that has a comma in it.
#include <cstdlib>

static void* kept[10];

template <typename A, typename B>
__attribute__((noinline)) void* reserve(std::size_t size_bytes) {
  return std::malloc(size_bytes);
}

static inline __attribute__((always_inline)) void* wrapped(std::size_t size_bytes) {
  return reserve<int, long>(size_bytes);
}

extern "C" __attribute__((noinline)) void stock() {
  for (void*& block : kept) block = wrapped(1000);
}

extern "C" __attribute__((noinline)) void sell() {
  for (int i = 0; i < 100; ++i) std::free(wrapped(100));
}

int main() {
  stock();
  sell();
  return kept[9] == nullptr;
}
