// SPDX-License-Identifier: Apache-2.0
// Misdeed: allocates in the first constructor and in the last destructor. 2001 lives from the one
// to the other and is freed there; 2003 is leaked by the destructor; 2005 by an exit handler.
#include "victim.h"

static void* early;

__attribute__((constructor(101))) static void start(void) {
  free(NULL);
  early = leak(2001);
  churn(3001, 100);
}

__attribute__((destructor(101))) static void finish(void) {
  free(early);
  for (int i = 0; i < 100; ++i) leak_at_depth(2003, i);
  say("destructor\n");
}

static void at_exit(void) {
  for (int i = 0; i < 100; ++i) leak_at_depth(2005, i);
  say("exit handler\n");
}

int main(void) {
  REQUIRE(early != NULL && atexit(at_exit) == 0);
  say("main\n");
  return 0;
}
