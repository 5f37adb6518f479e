// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: 20 features set up at first use, spread over the first quarter, and never torn down.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

static char* features[20];

NOINLINE static char* feature(unsigned which) {
  if (features[which] == NULL) {
    features[which] = calloc(6, 2048);
    features[which][0] = (char)(which + 1);
  }
  return features[which];
}

NOINLINE static unsigned use(unsigned which) {
  char* work = malloc(1200);
  memcpy(work, feature(which), 1200);
  keep(work);
  unsigned result = (unsigned char)work[0];
  free(work);
  return result;
}

int main(void) {
  unsigned sum = 0;
  uint32_t dice = 41;
  for (unsigned step = 0; step < 520; ++step) {
    unsigned known = step / 6 + 1;
    sum += use(roll(&dice) % (known < 20 ? known : 20));
    pause_ms(5);
  }
  return sum == 0;
}
