// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: written pages wait until 90 are dirty, then all are flushed; 40 clean ones are kept beside.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kPage = 4096, kClean = 40, kDirty = 90 };
static char *clean[kClean], *dirty[kDirty];
static unsigned dirty_count;

NOINLINE static char* new_page(unsigned number) {
  char* page = aligned_alloc(512, kPage);
  memset(page, (int)(number % 120), kPage);
  return page;
}

NOINLINE static void flush(void) {
  while (dirty_count > 0) free(dirty[--dirty_count]);
}

NOINLINE static void write_page(unsigned number) {
  if (dirty_count == kDirty) flush();
  dirty[dirty_count++] = new_page(number);
}

NOINLINE static void read_page(unsigned number) {
  free(clean[number % kClean]);
  clean[number % kClean] = new_page(number);
}

int main(void) {
  uint32_t dice = 28;
  for (unsigned step = 0; step < 570; ++step) {
    write_page(step);
    read_page(roll(&dice));
    pause_ms(5);
  }
  keep(clean);
  keep(dirty);
  return 0;
}
