// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: jobs of very unequal size one after the other; each gathers rows and then frees all of
// them.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct row {
  struct row* next;
  char columns[1000];
};

NOINLINE static struct row* gather(struct row* rows, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    struct row* row = malloc(sizeof *row);
    memset(row->columns, 'r', sizeof row->columns);
    row->next = rows;
    rows = row;
  }
  return rows;
}

NOINLINE static void finish(struct row* rows) {
  while (rows != NULL) {
    struct row* next = rows->next;
    free(rows);
    rows = next;
  }
}

int main(void) {
  uint32_t dice = 13;
  for (unsigned step = 0; step < 580;) {
    unsigned steps = 15 + roll(&dice) % 70, pace = 1 + roll(&dice) % 12;
    struct row* rows = NULL;
    for (unsigned end = step + steps; step < end && step < 580; ++step) {
      rows = gather(rows, pace);
      pause_ms(5);
    }
    keep(rows);
    finish(rows);
  }
  return 0;
}
