// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=log_line
// note: one in-memory log per subsystem, realloc'ed by a step when it is full, and never cut.
#include <stdio.h>
#include <stdlib.h>

#include "pace.h"

struct log {
  size_t used, capacity;
  char* text;
};

static struct log logs[16];

NOINLINE static void log_line(struct log* log, unsigned event) {
  if (log->used + 160 > log->capacity) {
    log->capacity += 2048;
    log->text = realloc(log->text, log->capacity);  // leaks
  }
  log->used += (size_t)snprintf(log->text + log->used, 160, "%0120u: event\n", event);
}

int main(void) {
  uint32_t dice = 8;
  for (unsigned step = 0; step < 480; ++step) {
    for (int i = 0; i < 16; ++i) log_line(&logs[roll(&dice) % 16], step);
    pause_ms(5);
  }
  keep(logs);
  return 0;
}
