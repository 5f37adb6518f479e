// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=note_peer
// note: 128 bytes a step, about 19 samples in all, under 150 times as much short-lived traffic.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static void* note_peer(unsigned id) {
  unsigned* peer = malloc(128);  // leaks
  peer[0] = id;
  return peer;
}

NOINLINE static void serve(uint32_t* dice) {
  size_t size = 200 + roll(dice) % 600;
  char* page = malloc(size);
  memset(page, 'x', size);
  keep(page);
  free(page);
}

int main(void) {
  uint32_t dice = 7;
  for (unsigned step = 0; step < 600; ++step) {
    keep(note_peer(step));
    for (int i = 0; i < 40; ++i) serve(&dice);
    pause_ms(5);
  }
  return 0;
}
