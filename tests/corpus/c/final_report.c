// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a simulation with a fixed state; at its end a report is made, printed and left to the exit.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct row {
  struct row* next;
  char text[900];
};

static double* cells[50];

NOINLINE static void set_up(void) {
  for (int i = 0; i < 50; ++i) cells[i] = calloc(300, sizeof(double));
}

NOINLINE static double advance(unsigned step) {
  double* fresh = malloc(300 * sizeof(double));
  memcpy(fresh, cells[step % 50], 300 * sizeof(double));
  fresh[step % 300] += step;
  free(cells[step % 50]);
  cells[step % 50] = fresh;
  return fresh[0];
}

NOINLINE static struct row* make_report(unsigned count) {
  struct row* rows = NULL;
  for (unsigned i = 0; i < count; ++i) {
    struct row* row = malloc(sizeof *row);
    memset(row->text, 'x', sizeof row->text);
    row->next = rows;
    rows = row;
  }
  return rows;
}

int main(void) {
  double sum = 0;
  set_up();
  for (unsigned step = 0; step < 560; ++step) {
    for (unsigned i = 0; i < 2; ++i) sum += advance(step * 2 + i);
    pause_ms(5);
  }
  struct row* report = make_report(300);
  keep(report);
  pause_ms(30);
  return sum < 0;
}
