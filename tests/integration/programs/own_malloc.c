// SPDX-License-Identifier: Apache-2.0
// Misdeed: the executable defines malloc itself, which no preload can overrule; its blocks must
// never reach another free.
#include <stdatomic.h>

#include "victim.h"

static _Alignas(16) char arena[32 << 20];
static atomic_size_t used;
static atomic_int calls;

void* malloc(size_t size_bytes) {
  atomic_fetch_add(&calls, 1);
  size_t at = atomic_fetch_add(&used, (size_bytes + 31) & ~(size_t)15);
  if (at + size_bytes + 16 > sizeof arena) return NULL;
  *(size_t*)(arena + at) = size_bytes;
  return arena + at + 16;
}

void free(void* block) {
  if (block == NULL) return;
  REQUIRE((char*)block >= arena && (char*)block < arena + sizeof arena);
}

void* calloc(size_t count, size_t size_bytes) {
  void* block = malloc(count * size_bytes);
  return block == NULL ? NULL : memset(block, 0, count * size_bytes);
}

void* realloc(void* block, size_t size_bytes) {
  void* moved = malloc(size_bytes);
  if (moved != NULL && block != NULL) {
    size_t old_bytes = ((size_t*)block)[-2];
    memcpy(moved, block, old_bytes < size_bytes ? old_bytes : size_bytes);
  }
  return moved;
}

int main(void) {
  int before = atomic_load(&calls);
  for (int i = 0; i < 2000; ++i) REQUIRE(leak_at_depth(2001, i % 40) != NULL);
  free(strdup("from libc"));
  say("%d calls of the program's own malloc\n", atomic_load(&calls) - before);
  return 0;
}
