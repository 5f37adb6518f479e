// SPDX-License-Identifier: Apache-2.0
// Misdeed: allocates and frees in the last moments of threads: C++ thread_local destructors, and
// pthread keys whose destructors set themselves again for every round that the C library grants.
// Leaks 2001 per thread in the first, 2003 per round in the second. argv: threads.
#include <pthread.h>

#include "victim.h"

static pthread_key_t key;

struct Guest {
  void* held = leak(3001);
  ~Guest() {
    free(held);
    leak(2001);
    churn(3003, 10);
  }
};
static thread_local Guest guest;

static void on_key(void* held) {
  free(held);
  leak(2003);
  pthread_setspecific(key, leak(3005));
}

static void* live_shortly(void*) {
  pthread_setspecific(key, leak(3005));
  return guest.held;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2 && pthread_key_create(&key, on_key) == 0);
  for (int i = 0; i < atoi(argv[1]); ++i) {
    pthread_t id;
    REQUIRE(pthread_create(&id, nullptr, live_shortly, nullptr) == 0 &&
            pthread_join(id, nullptr) == 0);
  }
  say("done\n");
  return 0;
}
