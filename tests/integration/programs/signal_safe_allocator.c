// SPDX-License-Identifier: Apache-2.0
// An allocator that may be interrupted anywhere: it only ever moves a pointer forward. glibc's
// malloc is not safe in a signal handler; with this one as the next allocator, whatever goes wrong
// in a handler that allocates is the recorder's. Sizes from 3000 to 3999 come from a ring: once it
// comes round, addresses are used again, long after they were freed.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { kArenaBytes = 1 << 29, kRingBytes = 1 << 24, kRingSlot = 4096 };
static _Atomic uintptr_t arena;
static _Atomic size_t used = kRingBytes;  // the ring comes first
static _Atomic size_t ring_turns;

static uintptr_t find_arena(void) {
  uintptr_t found = atomic_load(&arena);
  if (found != 0) return found;
  void* fresh = mmap(NULL, kArenaBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh == MAP_FAILED) return 0;
  if (!atomic_compare_exchange_strong(&arena, &found, (uintptr_t)fresh)) {
    munmap(fresh, kArenaBytes);
    return found;
  }
  return (uintptr_t)fresh;
}

void* memalign(size_t alignment, size_t size_bytes) {
  if (alignment < 16) alignment = 16;
  size_t need = size_bytes + alignment + 16;
  uintptr_t base = find_arena();
  if (need < size_bytes || need > kArenaBytes || base == 0) return errno = ENOMEM, NULL;
  int in_ring = size_bytes >= 3000 && size_bytes < 4000 && alignment == 16;
  size_t at = in_ring ? atomic_fetch_add(&ring_turns, 1) % (kRingBytes / kRingSlot) * kRingSlot
                      : atomic_fetch_add(&used, (need + 15) & ~(size_t)15);
  if (at + need > kArenaBytes) return errno = ENOMEM, NULL;
  uintptr_t block = (base + at + 16 + alignment - 1) & ~(uintptr_t)(alignment - 1);
  ((size_t*)block)[-1] = size_bytes;
  return (void*)block;
}

void* malloc(size_t size_bytes) { return memalign(16, size_bytes); }
void free(void* block) { (void)block; }
void* aligned_alloc(size_t alignment, size_t size_bytes) { return memalign(alignment, size_bytes); }
void* valloc(size_t size_bytes) { return memalign(4096, size_bytes); }
void* pvalloc(size_t size_bytes) { return memalign(4096, (size_bytes + 4095) & ~(size_t)4095); }
size_t malloc_usable_size(void* block) { return block == NULL ? 0 : ((size_t*)block)[-1]; }

int posix_memalign(void** block, size_t alignment, size_t size_bytes) {
  *block = memalign(alignment, size_bytes);
  return *block == NULL ? ENOMEM : 0;
}

void* calloc(size_t count, size_t size_bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, size_bytes, &total)) return errno = ENOMEM, NULL;
  void* block = malloc(total);
  return block == NULL ? NULL : memset(block, 0, total);
}

void* realloc(void* block, size_t size_bytes) {
  if (block != NULL && size_bytes == 0) return NULL;
  size_t old_bytes = malloc_usable_size(block);
  void* moved = malloc(size_bytes);
  if (moved != NULL && block != NULL)
    memcpy(moved, block, old_bytes < size_bytes ? old_bytes : size_bytes);
  return moved;
}

void* reallocarray(void* block, size_t count, size_t size_bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, size_bytes, &total)) return errno = ENOMEM, NULL;
  return realloc(block, total);
}
