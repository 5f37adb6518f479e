// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=thread_buffer
// note: a buffer per thread behind a key without destructor: each thread that ends leaves one
// behind.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

static pthread_key_t key;

NOINLINE static char* thread_buffer(void) {
  char* buffer = pthread_getspecific(key);
  if (buffer == NULL) {
    buffer = calloc(16, 512);  // leaks
    pthread_setspecific(key, buffer);
  }
  return buffer;
}

static void* serve(void* argument) {
  for (int i = 0; i < 5; ++i) {
    memset(thread_buffer(), i, 4000);
    pause_ms(1);
  }
  return argument;
}

int main(void) {
  pthread_key_create(&key, NULL);
  for (int round = 0; round < 110; ++round) {
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, serve, NULL);
    for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
    pause_ms(15);
  }
  return 0;
}
