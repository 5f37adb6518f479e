// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: replaced entries are not freed at once, but two epochs of 50 steps later, when none reads
// them.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct entry {
  struct entry* next_retired;
  char value[800];
};

static struct entry *entries[64], *retired[3];

NOINLINE static struct entry* make_entry(unsigned value) {
  struct entry* entry = malloc(sizeof *entry);
  memset(entry->value, (int)(value % 100), sizeof entry->value);
  return entry;
}

NOINLINE static void replace(unsigned which, unsigned epoch, unsigned value) {
  struct entry* old = entries[which];
  entries[which] = make_entry(value);
  if (old == NULL) return;
  old->next_retired = retired[epoch % 3];
  retired[epoch % 3] = old;
}

NOINLINE static void begin_epoch(unsigned epoch) {
  struct entry* entry = retired[epoch % 3];
  retired[epoch % 3] = NULL;
  while (entry != NULL) {
    struct entry* next = entry->next_retired;
    free(entry);
    entry = next;
  }
}

int main(void) {
  uint32_t dice = 80;
  for (unsigned step = 0; step < 570; ++step) {
    if (step % 50 == 0) begin_epoch(step / 50);
    for (int i = 0; i < 3; ++i) replace(roll(&dice) % 64, step / 50, step);
    pause_ms(5);
  }
  return 0;
}
