// SPDX-License-Identifier: Apache-2.0
// Both the error path and the caller give the buffer back.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int parse(char* buffer) {
  int ok = buffer[0] == '{';
  if (!ok) free(buffer);
  return ok;
}

int main(void) {
  char* buffer = malloc(100);
  if (buffer == NULL || fgets(buffer, 100, fopen("/proc/self/comm", "r")) == NULL) return 1;
  parse(buffer);
  free(buffer);
  return 0;
}
