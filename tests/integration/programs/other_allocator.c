// SPDX-License-Identifier: Apache-2.0
// Misdeed: is linked with another allocator and lives on its particulars: usable sizes and its own
// functions. Leaks 100 blocks of 6001 bytes. argv: a function that only this allocator has.
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>

#include "victim.h"

static void* work(void* unused) {
  for (int i = 0; i < 20000; ++i) {
    void* block = leak_at_depth(16 + i % 9000 * 2, i % 20);
    block = realloc(block, 24 + i % 700);
    free(block);
  }
  return unused;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  REQUIRE(dlsym(RTLD_DEFAULT, argv[1]) != NULL);
  for (size_t size_bytes = 1; size_bytes < 100000; size_bytes = size_bytes * 3 + 1) {
    void* block = malloc(size_bytes);
    say("%zu usable of %zu\n", malloc_usable_size(block), size_bytes);
    free(block);
  }
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) REQUIRE(pthread_create(&threads[i], NULL, work, NULL) == 0);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < 100; ++i) leak_at_depth(6001, i % 40);
  say("done\n");
  return 0;
}
