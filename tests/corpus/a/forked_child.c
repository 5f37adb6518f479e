// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=handle_client
// note: the parent only waits and churns; the leak grows in the forked child.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pace.h"

NOINLINE static void handle_client(unsigned id) {
  char* state = malloc(1400);  // leaks
  memset(state, (int)id, 1400);
  keep(state);
}

NOINLINE static void tick(void) {
  char* line = malloc(900);
  line[0] = '.';
  keep(line);
  free(line);
}

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    for (unsigned id = 0; id < 450; ++id) {
      handle_client(id);
      pause_ms(5);
    }
    _exit(0);
  }
  while (waitpid(child, NULL, WNOHANG) == 0) {
    tick();
    pause_ms(5);
  }
  return 0;
}
