// SPDX-License-Identifier: Apache-2.0
// Misdeed: four threads leak and churn until somebody kills the process. argv: progress file.
#include <pthread.h>

#include "progress.h"

static void* leak_forever(void* thread) {
  for (;;) leak_with_progress((int)(intptr_t)thread, 1 << 20);
  return NULL;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  open_progress(argv[1]);
  for (intptr_t thread = 1; thread < kThreads; ++thread) {
    pthread_t id;
    REQUIRE(pthread_create(&id, NULL, leak_forever, (void*)thread) == 0);
  }
  leak_forever((void*)0);
}
