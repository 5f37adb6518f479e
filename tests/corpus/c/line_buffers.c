// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: one getline buffer per channel, used for every line; one line in four has the full length.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kChannels = 40 };
static struct {
  char* line;
  size_t capacity;
} channels[kChannels];

NOINLINE static ssize_t next_line(unsigned channel, char* text, size_t length) {
  FILE* input = fmemopen(text, length, "r");
  ssize_t read = getline(&channels[channel].line, &channels[channel].capacity, input);
  fclose(input);
  return read;
}

int main(void) {
  static char text[8192];
  uint32_t dice = 87;
  ssize_t sum = 0;
  memset(text, 'l', sizeof text);
  for (unsigned step = 0; step < 570; ++step) {
    for (int i = 0; i < 2; ++i) {
      uint32_t length = roll(&dice) % 4 == 0 ? 6000 : 100 + roll(&dice) % 1400;
      sum += next_line(roll(&dice) % kChannels, text, length);
    }
    pause_ms(5);
  }
  return sum == 0;
}
