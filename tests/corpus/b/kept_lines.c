// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: leak function=next_line
// note: getline with a fresh NULL for each line; comments are skipped without being freed.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "pace.h"

NOINLINE static char* next_line(FILE* input) {
  char* line = NULL;
  size_t capacity = 0;
  if (getline(&line, &capacity, input) < 0) {  // leaks
    free(line);
    return NULL;
  }
  return line;
}

int main(void) {
  static char text[] = "# one\nkey=value\n# two\nname=other\n# three\n";
  unsigned values = 0;
  for (int pass = 0; pass < 520; ++pass) {
    FILE* input = fmemopen(text, sizeof text - 1, "r");
    for (char* line; (line = next_line(input)) != NULL;) {
      if (line[0] == '#') continue;
      ++values;
      free(line);
    }
    fclose(input);
    for (int i = 0; i < 2; ++i) pause_ms(2);
  }
  return values == 0;
}
