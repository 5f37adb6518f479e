// SPDX-License-Identifier: Apache-2.0
// Misdeed: deletes or cuts every recording in a folder in mid-run, its own too. argv:
// delete|truncate, folder.
#include <dirent.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);
  DIR* folder = opendir(argv[2]);
  REQUIRE(folder != NULL);
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    if (strstr(entry->d_name, ".dbgt") == NULL) continue;
    if (!strcmp(argv[1], "delete")) REQUIRE(unlinkat(dirfd(folder), entry->d_name, 0) == 0);
    if (!strcmp(argv[1], "truncate")) {
      int fd = openat(dirfd(folder), entry->d_name, O_WRONLY);
      REQUIRE(fd >= 0 && ftruncate(fd, 0) == 0);
      close(fd);
    }
  }
  closedir(folder);
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  say("unharmed\n");
  return 0;
}
