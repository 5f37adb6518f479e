// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=check_order
// note: one order in eight is refused by a return that stands before the free.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static int check_order(uint32_t* dice) {
  char* copy = malloc(640);  // leaks
  memset(copy, 'o', 640);
  keep(copy);
  if (roll(dice) % 8 == 0) return -1;
  free(copy);
  return 0;
}

int main(void) {
  uint32_t dice = 99;
  int refused = 0;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 6; ++i) refused += check_order(&dice);
    pause_ms(5);
  }
  return refused == 0;
}
