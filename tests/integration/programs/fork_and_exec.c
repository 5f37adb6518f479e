// SPDX-License-Identifier: Apache-2.0
// Misdeed: one child that stays in this program (43000 bytes) and one that execs another. argv:
// command of the second.
#include <sys/wait.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc >= 2);
  for (int i = 0; i < 100; ++i) leak_at_depth(41000, i % 40);
  if (fork() == 0) {
    for (int i = 0; i < 100; ++i) leak_at_depth(43000, i % 40);
    _exit(0);
  }
  if (fork() == 0) {
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int first = -1, second = -1;
  REQUIRE(wait(&first) > 0 && wait(&second) > 0);
  say("statuses %d\n", first + second);
  return 0;
}
