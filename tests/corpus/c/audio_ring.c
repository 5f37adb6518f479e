// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: 96 places for chunks of sound of any length; a new chunk takes the place of the oldest.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kPlaces = 96 };
static short* ring[kPlaces];

NOINLINE static void put_chunk(unsigned number, uint32_t* dice) {
  size_t samples = 500 + roll(dice) % 1800;
  short* chunk = malloc(samples * sizeof *chunk);
  memset(chunk, (int)(number % 100), samples * sizeof *chunk);
  free(ring[number % kPlaces]);
  ring[number % kPlaces] = chunk;
}

NOINLINE static long mix(void) {
  long sum = 0;
  for (unsigned i = 0; i < kPlaces; ++i) sum += ring[i] != NULL ? ring[i][3] : 0;
  return sum;
}

int main(void) {
  uint32_t dice = 44;
  long sum = 0;
  for (unsigned number = 0; number < 1100; ++number) {
    put_chunk(number, &dice);
    if (number % 2 == 0) continue;
    sum += mix();
    pause_ms(5);
  }
  return sum == 0;
}
