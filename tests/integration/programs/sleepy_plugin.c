// SPDX-License-Identifier: Apache-2.0
// A plugin that takes its time while it is loaded: the loader's lock is held for two seconds.
#include <time.h>

__attribute__((constructor)) static void load(void) {
  struct timespec left = {2, 0};
  while (nanosleep(&left, &left) != 0) {
  }
}
