// SPDX-License-Identifier: Apache-2.0
// The plugin of reloaded_plugin.c: one aligned block in two is not freed.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE int filter_block(unsigned id) {
  void* block = NULL;
  if (posix_memalign(&block, 64, 12 * 1024) != 0) return 0;  // leaks
  memset(block, 1, 12 * 1024);
  keep(block);
  int result = ((unsigned char*)block)[id % 4096];
  if (id % 2 == 0) free(block);
  return result;
}
