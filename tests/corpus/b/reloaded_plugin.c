// SPDX-License-Identifier: Apache-2.0
// interval: 32K
// expect: leak function=filter_block
// plugin: filter.c
// note: a C plugin is loaded and unloaded for every batch and leaves aligned blocks behind.
#include <dlfcn.h>
#include <stdio.h>

#include "pace.h"

static int run_batch(unsigned batch) {
  void* plugin = dlopen("./filter.so", RTLD_NOW);
  if (plugin == NULL) return fprintf(stderr, "%s\n", dlerror()), 0;
  int (*filter_block)(unsigned) = (int (*)(unsigned))dlsym(plugin, "filter_block");
  int sum = 0;
  for (unsigned i = 0; i < 15; ++i) {
    sum += filter_block(batch * 15 + i);
    pause_ms(5);
  }
  dlclose(plugin);
  return sum;
}

int main(void) {
  int sum = 0;
  for (unsigned batch = 0; batch < 32; ++batch) sum += run_batch(batch);
  return sum == 0;
}
