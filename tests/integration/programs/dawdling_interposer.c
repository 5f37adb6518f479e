// SPDX-License-Identifier: Apache-2.0
// A next allocator that dawdles: it gives the processor away between the moment a block is free for
// others and its own return. Whoever books a free or a moved block out only afterwards, books out
// another thread's new block.
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>

static void (*next_free)(void*);
static void* (*next_realloc)(void*, size_t);

__attribute__((constructor)) static void find_next(void) {
  next_realloc = (void* (*)(void*, size_t))dlsym(RTLD_NEXT, "realloc");
  next_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
}

void free(void* block) {
  if (next_free == NULL) return;  // a few bytes, before main
  next_free(block);
  sched_yield();
}

void* realloc(void* block, size_t size_bytes) {
  if (next_realloc == NULL) find_next();
  void* moved = next_realloc(block, size_bytes);
  sched_yield();
  return moved;
}

void* reallocarray(void* block, size_t count, size_t size_bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, size_bytes, &total)) return errno = ENOMEM, NULL;
  return realloc(block, total);
}
