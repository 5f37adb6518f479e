// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=count_entries
// note: scandir: the array of entries is freed, the entries are not.
#include <dirent.h>
#include <stdlib.h>

#include "pace.h"

NOINLINE static int count_entries(const char* folder) {
  struct dirent** entries = NULL;
  int count = scandir(folder, &entries, NULL, alphasort);  // leaks
  keep(entries);
  free(entries);
  return count;
}

int main(void) {
  int seen = 0;
  for (int step = 0; step < 500; ++step) {
    seen += count_entries("/proc/self");
    pause_ms(5);
  }
  return seen == 0;
}
