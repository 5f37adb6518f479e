// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: words are interned with tsearch; there are 350 of them, the rarest turn up after the half.
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct word {
  unsigned number, seen;
  char forms[1200];
};

static void* words;

static int by_number(const void* left, const void* right) {
  unsigned a = ((const struct word*)left)->number, b = ((const struct word*)right)->number;
  return (a > b) - (a < b);
}

NOINLINE static struct word* intern(unsigned number) {
  struct word key;
  key.number = number;
  struct word** found = tfind(&key, &words, by_number);
  if (found != NULL) return *found;
  struct word* word = calloc(1, sizeof *word);
  word->number = number;
  tsearch(word, &words, by_number);
  return word;
}

int main(void) {
  uint32_t dice = 73;
  unsigned most = 0;
  for (int step = 0; step < 580; ++step) {
    for (int i = 0; i < 5; ++i) {
      struct word* word = intern(roll(&dice) % 350);
      if (++word->seen > most) most = word->seen;
    }
    pause_ms(5);
  }
  return most < 2;
}
