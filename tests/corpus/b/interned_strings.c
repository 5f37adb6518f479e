// SPDX-License-Identifier: Apache-2.0
// interval: 4K
// expect: innocent
// note: strdup into a table of names; the vocabulary is known after a third of the run.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { kNames = 700 };
static char* table[1024];

NOINLINE static const char* intern(const char* name) {
  unsigned hash = 5381;
  for (const char* at = name; *at != '\0'; ++at) hash = hash * 33 + (unsigned char)*at;
  while (table[hash % 1024] != NULL && strcmp(table[hash % 1024], name) != 0) ++hash;
  if (table[hash % 1024] == NULL) table[hash % 1024] = strdup(name);
  return table[hash % 1024];
}

int main(void) {
  char name[400];
  uint32_t dice = 43;
  size_t sum = 0;
  for (int step = 0; step < 500; ++step) {
    for (int i = 0; i < 30; ++i) {
      snprintf(name, sizeof name, "%0240u: a tag of the markup language", roll(&dice) % kNames);
      char* token = strdup(name);
      sum += intern(token)[0];
      free(token);
    }
    pause_ms(5);
  }
  return sum == 0;
}
