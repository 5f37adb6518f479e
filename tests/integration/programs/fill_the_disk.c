// SPDX-License-Identifier: Apache-2.0
// Misdeed: fills the file system under its own recording and goes on allocating. argv: folder on
// that file system.
#include "victim.h"

static void fill(const char* path) {
  static char zeros[65536];
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  for (size_t step = sizeof zeros; step != 0; step /= 16)
    while (write(fd, zeros, step) > 0) continue;
  REQUIRE(errno == ENOSPC);
  close(fd);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  char path[4096];
  snprintf(path, sizeof path, "%s/filler", argv[1]);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);
  say("before\n");
  fill(path);
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  REQUIRE(unlink(path) == 0);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2005, i % 40);
  say("unharmed\n");
  return 0;
}
