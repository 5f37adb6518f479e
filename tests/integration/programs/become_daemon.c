// SPDX-License-Identifier: Apache-2.0
// Misdeed: goes into the background by a double fork, each generation allocating: 41000 bytes the
// first, 42000 the second, 43000 the daemon, which writes its pid into a file as its last act.
// argv: that file's path.
#include <sys/stat.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  for (int i = 0; i < 100; ++i) leak_at_depth(41000, i % 40);
  if (fork() != 0) _exit(0);
  setsid();
  for (int i = 0; i < 100; ++i) leak_at_depth(42000, i % 40);
  if (fork() != 0) _exit(0);
  REQUIRE(chdir("/") == 0);
  umask(0);
  close_range(0, 1023, 0);
  REQUIRE(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
  for (int i = 0; i < 100; ++i) leak_at_depth(43000, i % 40);
  char pid[32], path[4096];
  int length = snprintf(pid, sizeof pid, "%d", (int)getpid());
  snprintf(path, sizeof path, "%s.new", argv[1]);
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  REQUIRE(write(fd, pid, length) == length && close(fd) == 0 && rename(path, argv[1]) == 0);
  _exit(0);
}
