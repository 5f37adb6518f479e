// SPDX-License-Identifier: Apache-2.0
// The worst case for anything that stands before malloc: nothing but malloc and free of small
// blocks that the allocator has at hand. argv: threads, pairs a thread.
#include <pthread.h>
#include <stdlib.h>

static long pairs;

static void* loop(void* unused) {
  for (long i = 0; i < pairs; ++i) {
    volatile char* block = malloc(16 + (size_t)(i & 15) * 16);
    block[0] = 1;
    free((void*)block);
  }
  return unused;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int threads = atoi(argv[1]);
  pairs = atol(argv[2]);
  if (threads == 1) {  // without a second thread the C library takes shorter ways
    loop(NULL);
    return 0;
  }
  pthread_t ids[64];
  if (threads < 1 || threads > 64) return 2;
  for (int i = 0; i < threads; ++i) {
    if (pthread_create(&ids[i], NULL, loop, NULL) != 0) return 1;
  }
  for (int i = 0; i < threads; ++i) pthread_join(ids[i], NULL);
  return 0;
}
