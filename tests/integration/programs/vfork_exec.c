// SPDX-License-Identifier: Apache-2.0
// Misdeed: vfork children that allocate and free in the parent's heap before they exec. All of it
// is the parent's: 51000 is freed by the child that allocated it, 52000 leaked by every tenth
// child, 53000 allocated by the parent and freed by the child, 54000 allocated by the child and
// freed by the parent. argv: children, program to exec.
#include <sys/wait.h>

#include "victim.h"

static void* volatile given_to_child;
static void* volatile left_by_child;

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  int children = atoi(argv[1]), failed = 0;
  const char* volatile program = argv[2];
  for (volatile int i = 0; i < children; i = i + 1) {
    given_to_child = leak(53000);
    pid_t child = vfork();
    if (child == 0) {
      free(leak(51000));
      free(given_to_child);
      left_by_child = leak(54000);
      if (i % 10 == 0) leak(52000);
      execl(program, program, (char*)NULL);
      _exit(127);
    }
    free(left_by_child);
    int status = -1;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    failed += status != 0;
  }
  say("%d children, %d failed\n", children, failed);
  return failed != 0;
}
