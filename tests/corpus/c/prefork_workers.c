// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=parse_form
// note: a master with two workers; each worker loses every third form, the master only watches.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pace.h"

NOINLINE static char* parse_form(unsigned id) {
  char* form = malloc(1700);  // leaks
  memset(form, (int)(id % 90 + 33), 1700);
  return form;
}

static void serve(unsigned worker) {
  for (unsigned id = worker; id < 1400; ++id) {
    char* form = parse_form(id);
    keep(form);
    if (id % 3 != 0) free(form);
    if (id % 3 == 2) pause_ms(6);
  }
  _exit(0);
}

NOINLINE static void watch(void) {
  char* report = calloc(1, 2000);
  keep(report);
  free(report);
}

int main(void) {
  pid_t workers[2];
  for (unsigned i = 0; i < 2; ++i) {
    workers[i] = fork();
    if (workers[i] == 0) serve(i);
  }
  for (int waiting = 2; waiting > 0;) {
    watch();
    pause_ms(5);
    while (waiting > 0 && waitpid(-1, NULL, WNOHANG) > 0) --waiting;
  }
  return 0;
}
