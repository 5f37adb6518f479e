// SPDX-License-Identifier: Apache-2.0
// interval: 32K
// expect: leak function=load_config
// note: each reload overwrites the only pointer to the former configuration.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

static char* config;

NOINLINE static void load_config(unsigned version) {
  config = calloc(1, 24000);  // leaks
  memset(config, 'c', 12000);
  config[0] = (char)version;
}

int main(void) {
  for (unsigned version = 0; version < 120; ++version) {
    load_config(version);
    for (int i = 0; i < 4; ++i) {
      char* copy = malloc(700);
      memcpy(copy, config, 700);
      keep(copy);
      free(copy);
      pause_ms(5);
    }
  }
  return 0;
}
