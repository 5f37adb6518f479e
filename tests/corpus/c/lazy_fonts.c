// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: 40 fonts in four sizes, each made when it is first asked for; the last after 45 % of the
// run.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct font {
  char* sizes[4];
};
static struct font* fonts[40];

NOINLINE static char* font_at(unsigned which, unsigned size) {
  if (fonts[which] == NULL) fonts[which] = calloc(1, sizeof *fonts[which]);
  char** place = &fonts[which]->sizes[size];
  if (*place == NULL) {
    *place = malloc(1500 * (size + 1));
    memset(*place, (int)which + 1, 1500 * (size + 1));
  }
  return *place;
}

int main(void) {
  uint32_t dice = 66;
  unsigned sum = 0;
  for (unsigned step = 0; step < 580; ++step) {
    unsigned known = 1 + step * 160 / 260;
    unsigned pick = roll(&dice) % (known < 160 ? known : 160);
    if (known <= 160) sum += (unsigned)font_at((known - 1) / 4, (known - 1) % 4)[0];
    sum += (unsigned)font_at(pick / 4, pick % 4)[0];
    char* line = malloc(2000);
    keep(line);
    free(line);
    pause_ms(5);
  }
  return sum == 0;
}
