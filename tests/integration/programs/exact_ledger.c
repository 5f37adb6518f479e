// SPDX-License-Identifier: Apache-2.0
// Misdeed: eight threads allocate, resize and free each other's blocks in every way the C library
// has, failures and zero sizes included, then the process writes down which blocks live and kills
// itself. Sizes are 1100 to 2060 or 0, which nothing else in this process uses. Few sizes and, at
// wish, one arena for all: a freed address is at once another thread's block. Own bookkeeping is
// static: it adds no block. argv: operations per thread, model file, most arenas.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "victim.h"

enum { kThreads = 8, kSlots = 16384, kSmallest = 1100, kSizes = 16, kStep = 64 };

struct Slot {
  atomic_flag taken;
  char* block;
  size_t size_bytes;
};

static struct Slot slots[kSlots];
static int operations;

static uint32_t draw(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

static char* allocate(uint32_t how, size_t size_bytes) {
  void* block = NULL;
  switch (how % 8) {
    case 0:
      return (char*)calloc(1, size_bytes);
    case 1:
      return (char*)realloc(NULL, size_bytes);
    case 2:
      return (char*)memalign(256, size_bytes);
    case 3:
      return (char*)aligned_alloc(64, size_bytes);
    case 4:
      return posix_memalign(&block, 4096, size_bytes) == 0 ? (char*)block : NULL;
    case 5:
      return (char*)reallocarray(NULL, 1, size_bytes);
    case 6:
      return (char*)valloc(size_bytes);
    default:
      return (char*)malloc(size_bytes);
  }
}

static void fail_every_way(char* block) {
  void* none = NULL;
  size_t huge = PTRDIFF_MAX - 4096;
  REQUIRE(malloc(huge) == NULL && calloc(huge, 2) == NULL && reallocarray(block, huge, 3) == NULL);
  REQUIRE(realloc(block, huge) == NULL && memalign(64, huge) == NULL);
  REQUIRE(posix_memalign(&none, 3, 5000) == EINVAL && posix_memalign(&none, 64, huge) == ENOMEM &&
          none == NULL);
}

static void change(struct Slot* slot, uint64_t* state) {
  size_t size_bytes = draw(state) % 64 == 0 ? 0 : kSmallest + draw(state) % kSizes * kStep;
  uint32_t how = draw(state);
  if (slot->block == NULL) {
    slot->block = allocate(how, size_bytes);
    slot->size_bytes = size_bytes;
    REQUIRE(slot->block != NULL);
  } else if (how % 8 < 4) {
    free(slot->block);
    slot->block = NULL;
  } else if (how % 8 < 7) {
    char* moved = how % 2 ? (char*)realloc(slot->block, size_bytes)
                          : (char*)reallocarray(slot->block, size_bytes, 1);
    REQUIRE(moved != NULL || size_bytes == 0);
    slot->block = moved;
    slot->size_bytes = size_bytes;
  } else if (how % 512 < 64) {
    fail_every_way(slot->block);
  }
}

static void* work(void* thread) {
  uint64_t state = 88172645463325252u + (uintptr_t)thread;
  for (int done = 0; done < operations;) {
    struct Slot* slot = &slots[draw(&state) % kSlots];
    if (atomic_flag_test_and_set_explicit(&slot->taken, memory_order_acquire)) continue;
    change(slot, &state);
    atomic_flag_clear_explicit(&slot->taken, memory_order_release);
    ++done;
  }
  return NULL;
}

static void write_model(const char* path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(fd >= 0);
  for (int i = 0; i < kSlots; ++i) {
    if (slots[i].block == NULL) continue;
    REQUIRE(dprintf(fd, "%p %zu\n", (void*)slots[i].block, slots[i].size_bytes) > 0);
  }
  close(fd);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  operations = atoi(argv[1]);
  REQUIRE(mallopt(M_ARENA_MAX, atoi(argv[3])) == 1);
  pthread_t threads[kThreads];
  for (uintptr_t i = 0; i < kThreads; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  for (int i = 0; i < kThreads; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
  write_model(argv[2]);
  raise(SIGKILL);
}
