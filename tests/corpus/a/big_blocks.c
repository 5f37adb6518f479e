// SPDX-License-Identifier: Apache-2.0
// interval: 64K
// expect: leak function=render_tile
// note: few and large: blocks of 48 to 240 KiB, on both sides of the mmap threshold; one in three
// lost.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static char* render_tile(size_t size) {
  char* tile = malloc(size);  // leaks
  memset(tile, 't', 4096);
  return tile;
}

int main(void) {
  uint32_t dice = 5;
  for (int step = 0; step < 160; ++step) {
    char* tile = render_tile((48 + roll(&dice) % 192) * 1024);
    keep(tile);
    if (step % 3 != 0) free(tile);
    pause_ms(15);
  }
  return 0;
}
