// SPDX-License-Identifier: Apache-2.0
// A small program: ten thousand blocks of 16 to 511 bytes, half of them kept. For the memory that a
// recorder adds to those that have little.
#include <stdio.h>
#include <stdlib.h>

enum { kBlocks = 10000 };
static char* kept[kBlocks];

int main(void) {
  for (int i = 0; i < kBlocks; ++i) {
    kept[i] = calloc(1, 16 + (size_t)(i * 7919 % 496));
    if (i % 2 == 1) free(kept[i]);
  }
  puts("done");
  return 0;
}
