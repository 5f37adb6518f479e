// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a batch is collected and sent again and again; each batch is larger than the one before.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

static char* batch[2000];
static unsigned held;

NOINLINE static void collect(unsigned count) {
  for (unsigned i = 0; i < count && held < 2000; ++i) {
    char* item = malloc(700);
    memset(item, 'i', 700);
    batch[held++] = item;
  }
}

NOINLINE static void send_batch(void) {
  while (held > 0) free(batch[--held]);
}

int main(void) {
  for (unsigned step = 0; step < 580; ++step) {
    collect(1 + step / 55);
    if (step % 55 == 54) send_batch();
    pause_ms(5);
  }
  keep(batch);
  return 0;
}
