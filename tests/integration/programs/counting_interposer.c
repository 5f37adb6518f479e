// SPDX-License-Identifier: Apache-2.0
// Another interposer of malloc, as sanitizers, other profilers and vendors' shims are: counts the
// calls for blocks of 6001 bytes and the frees of them, says so at exit, and finds the next
// allocator the ordinary way, by dlsym(RTLD_NEXT).
#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>

#include "victim.h"

static void* (*next_malloc)(size_t);
static void (*next_free)(void*);
static atomic_int mallocs, frees;
static char early[8192];
static size_t early_used;

static void find_next(void) {
  static _Thread_local int searching;
  if (searching) return;
  searching = 1;
  next_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  next_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  searching = 0;
}

void* malloc(size_t size_bytes) {
  if (next_malloc == NULL) find_next();
  if (next_malloc == NULL) {
    early_used = (early_used + 15) & ~(size_t)15;
    char* block = early + early_used;
    early_used += size_bytes;
    return early_used <= sizeof early ? block : NULL;
  }
  if (size_bytes == 6001) atomic_fetch_add(&mallocs, 1);
  return next_malloc(size_bytes);
}

void free(void* block) {
  if ((char*)block >= early && (char*)block < early + sizeof early) return;
  if (next_free == NULL) find_next();
  if (block != NULL && next_free != NULL) {
    if (malloc_usable_size(block) == 6008) atomic_fetch_add(&frees, 1);
    next_free(block);
  }
}

__attribute__((destructor)) static void tell(void) {
  say("interposer saw %d mallocs, %d frees\n", atomic_load(&mallocs), atomic_load(&frees));
}
