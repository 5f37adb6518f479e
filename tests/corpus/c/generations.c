// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: each generation of 200 creatures breeds the next over 60 steps and is then freed at a
// stroke.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kCreatures = 200, kSteps = 60 };
struct creature {
  unsigned fitness;
  char genes[900];
};

static struct creature *present[kCreatures], *next[kCreatures];

NOINLINE static struct creature* breed(const struct creature* parent, uint32_t* dice) {
  struct creature* child = malloc(sizeof *child);
  if (parent != NULL) {
    memcpy(child, parent, sizeof *child);
  } else {
    memset(child, 0, sizeof *child);
  }
  child->genes[roll(dice) % sizeof child->genes] ^= 1;
  child->fitness += roll(dice) % 3;
  return child;
}

static void replace(void) {
  for (unsigned i = 0; i < kCreatures; ++i) {
    free(present[i]);
    present[i] = next[i];
    next[i] = NULL;
  }
}

int main(void) {
  uint32_t dice = 10;
  unsigned bred = 0;
  for (unsigned step = 0; step < 570; ++step) {
    for (; bred < (step % kSteps + 1) * kCreatures / kSteps; ++bred) {
      next[bred] = breed(present[roll(&dice) % kCreatures], &dice);
    }
    if (bred == kCreatures) {
      replace();
      bred = 0;
    }
    pause_ms(5);
  }
  keep(present);
  keep(next);
  return 0;
}
