// SPDX-License-Identifier: Apache-2.0
// A null pointer in processes of an unusual kind.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "kinds.hpp"

namespace {

void report(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    std::printf("child: signal %d\n", WTERMSIG(status));
  } else {
    std::printf("child: exit %d\n", WEXITSTATUS(status));
  }
}

[[gnu::noinline]] void crash_in_child() {
  const pid_t child = fork();
  if (child == 0) *hidden(static_cast<int*>(nullptr)) = 1;  // crash: in-forked-child
  report(child);
}

[[gnu::noinline]] void crash_in_vfork_child() {
  const pid_t child = vfork();
  if (child == 0) *hidden(static_cast<int*>(nullptr)) = 1;  // crash: in-vfork-child
  report(child);
}

[[gnu::noinline]] void crash_as_first_process() {
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: as-pid-1
}

// The first process of a namespace is not killed by signals that it sends itself.
void start_namespace() {
  if (unshare(CLONE_NEWPID) != 0) std::exit(77);
  const pid_t child = fork();
  if (child == 0) crash_as_first_process();
  report(child);
}

[[gnu::noinline]] void crash_without_descriptors() {
  while (open("/dev/null", O_RDONLY) >= 0) {
  }
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: no-descriptors
}

[[gnu::noinline]] void crash_without_new_privileges() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: no-new-privs
}

}  // namespace

const Kind kProcessKinds[] = {
    {"in-forked-child", crash_in_child},
    {"in-vfork-child", crash_in_vfork_child},
    {"as-pid-1", start_namespace},
    {"no-descriptors", crash_without_descriptors},
    {"no-new-privs", crash_without_new_privileges},
    {nullptr, nullptr},
};
