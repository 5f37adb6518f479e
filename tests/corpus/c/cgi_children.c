// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: one child per request; it reads its tables, serves, and leaves by _exit with all in place.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pace.h"

NOINLINE static char* read_table(unsigned number) {
  char* table = malloc(1600);
  memset(table, (int)number + 1, 1600);
  return table;
}

static void serve(void) {
  char* tables[60];
  unsigned sum = 0;
  for (unsigned i = 0; i < 60; ++i) tables[i] = read_table(i);
  for (unsigned step = 0; step < 220; ++step) {
    char* reply = malloc(900);
    memcpy(reply, tables[step % 60], 900);
    keep(reply);
    sum += (unsigned)reply[step];
    free(reply);
    pause_ms(6);
  }
  _exit(sum == 0);
}

int main(void) {
  int failed = 0;
  for (int request = 0; request < 2; ++request) {
    pid_t child = fork();
    if (child == 0) serve();
    int status = 0;
    waitpid(child, &status, 0);
    failed += status != 0;
  }
  return failed != 0;
}
