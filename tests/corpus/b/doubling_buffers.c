// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: write buffers that double by realloc until they hold 64 KiB, then are flushed and freed.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct segment {
  size_t used, capacity;
  char* bytes;
};

NOINLINE static void write_record(struct segment* segment, size_t size) {
  if (segment->used + size > segment->capacity) {
    segment->capacity = segment->capacity == 0 ? 1024 : segment->capacity * 2;
    segment->bytes = realloc(segment->bytes, segment->capacity);
  }
  memset(segment->bytes + segment->used, 'w', size);
  segment->used += size;
}

NOINLINE static void flush(struct segment* segment) {
  keep(segment->bytes);
  free(segment->bytes);
  memset(segment, 0, sizeof *segment);
}

int main(void) {
  static struct segment segments[6];
  uint32_t dice = 29;
  for (int step = 0; step < 560; ++step) {
    for (int i = 0; i < 10; ++i) {
      struct segment* segment = &segments[roll(&dice) % 6];
      write_record(segment, 200 + roll(&dice) % 500);
      if (segment->used > 60000) flush(segment);
    }
    pause_ms(4);
  }
  return 0;
}
