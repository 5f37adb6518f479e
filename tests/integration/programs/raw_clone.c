// SPDX-License-Identifier: Apache-2.0
// Misdeed: copies itself past the C library's fork, which nobody is told of. The parent leaks 41000
// bytes before and after, the child 43000. argv: syscall (bare system call) | clone (glibc's clone
// without CLONE_VM) | vm (clone with CLONE_VM: the child's leaks are the parent's), leaks.
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "victim.h"

static int leaks;

static int be_child(void* unused) {
  (void)unused;
  for (int i = 0; i < leaks; ++i) leak_at_depth(43000, i % 40);
  _exit(7);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  leaks = atoi(argv[2]);
  for (int i = 0; i < leaks; ++i) leak_at_depth(41000, i % 40);
  char* stack =
      (char*)mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid_t child;
  if (!strcmp(argv[1], "syscall")) {
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) be_child(NULL);
  } else {
    int flags = !strcmp(argv[1], "vm") ? CLONE_VM | CLONE_VFORK | SIGCHLD : SIGCHLD;
    child = clone(be_child, stack + (1 << 20), flags, NULL);
  }
  int status = -1;
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
  for (int i = 0; i < leaks; ++i) leak_at_depth(41000, i % 40);
  say("child's status %d\n", WEXITSTATUS(status));
  return 0;
}
