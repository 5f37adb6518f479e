// SPDX-License-Identifier: Apache-2.0
// Misdeed: thousands of threads that live for one leak (2001 bytes) and some churn, on the smallest
// stacks that the system grants, eight at a time. argv: threads.
#include <limits.h>
#include <pthread.h>

#include "victim.h"

static void* live_shortly(void* unused) {
  (void)unused;
  churn(3001, 20);
  return leak(2001);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  pthread_attr_t smallest;
  pthread_attr_init(&smallest);
  REQUIRE(pthread_attr_setstacksize(&smallest, PTHREAD_STACK_MIN) == 0);
  for (int left = atoi(argv[1]); left > 0; left -= 8) {
    pthread_t threads[8];
    for (int i = 0; i < 8; ++i)
      REQUIRE(pthread_create(&threads[i], &smallest, live_shortly, NULL) == 0);
    for (int i = 0; i < 8; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
  }
  say("done\n");
  return 0;
}
