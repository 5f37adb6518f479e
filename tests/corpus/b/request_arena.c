// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: an arena that is reset, not freed, after each request; unusually large pieces go back.
#include <stdlib.h>

#include "pace.h"

struct chunk {
  struct chunk* next;
  size_t used;
  char bytes[16368];
};
struct large {
  struct large* next;
  char bytes[];
};

static struct chunk* chunks;
static struct large* larges;

NOINLINE static char* arena_take(size_t size) {
  if (size > 8000) {
    struct large* large = malloc(sizeof *large + size);
    large->next = larges;
    larges = large;
    return large->bytes;
  }
  struct chunk* chunk = chunks;
  while (chunk != NULL && chunk->used + size > sizeof chunk->bytes) chunk = chunk->next;
  if (chunk == NULL) {
    chunk = malloc(sizeof *chunk);
    chunk->next = chunks;
    chunk->used = 0;
    chunks = chunk;
  }
  chunk->used += size;
  return chunk->bytes + chunk->used - size;
}

NOINLINE static void arena_reset(void) {
  for (struct chunk* chunk = chunks; chunk != NULL; chunk = chunk->next) chunk->used = 0;
  while (larges != NULL) {
    struct large* next = larges->next;
    free(larges);
    larges = next;
  }
}

int main(void) {
  uint32_t dice = 19;
  for (int request = 0; request < 300; ++request) {
    for (int i = 0; i < 150; ++i) {
      *arena_take(i % 40 == 0 ? 9000 + roll(&dice) % 4000 : 20 + roll(&dice) % 1200) = 'r';
    }
    keep(chunks);
    pause_ms(4);
    arena_reset();
    pause_ms(4);
  }
  return 0;
}
