// SPDX-License-Identifier: Apache-2.0
// interval: 64K
// expect: leak function=has_recordings
// note: opendir's buffer of 32 KiB; the search ends at the first hit and forgets closedir.
#include <dirent.h>
#include <stddef.h>
#include <string.h>

#include "pace.h"

NOINLINE static int has_recordings(const char* folder) {
  DIR* directory = opendir(folder);  // leaks
  if (directory == NULL) return 0;
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, "unclosed_dirs") == 0) return 1;
  }
  closedir(directory);
  return 0;
}

int main(void) {
  int found = 0;
  for (int step = 0; step < 220; ++step) {
    found += has_recordings(".");
    found += has_recordings("/proc/self/fdinfo");
    pause_ms(12);
  }
  return found == 0;
}
