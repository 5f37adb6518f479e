// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=context_switches
// note: the stream is closed when the line is found; a search in vain returns with the stream open.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static long context_switches(const char* field) {
  char line[300];
  FILE* status = fopen("/proc/self/status", "r");  // leaks
  if (status == NULL) return -1;
  while (fgets(line, sizeof line, status) != NULL) {  // leaks
    if (strncmp(line, field, strlen(field)) != 0) continue;
    fclose(status);
    return strtol(line + strlen(field) + 1, NULL, 10);
  }
  return -1;
}

int main(void) {
  long sum = 0;
  for (int step = 0; step < 420; ++step) {
    sum += context_switches("voluntary_ctxt_switches");
    sum += context_switches("idle_ctxt_switches");
    pause_ms(6);
  }
  return sum == 0;
}
