// SPDX-License-Identifier: Apache-2.0
// Misdeed: sandboxes itself in mid-run so tightly that any system call of anybody else is death (or
// an unexpected EPERM), then allocates more than a megabyte of history, and leaves or crashes. Its
// heap is grown before, so that malloc itself needs no call. argv:
// strict|kill-prctl|kill-syscall|errno-prctl, leave|crash.
#include <malloc.h>

#include "seccomp_filter.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  const char* how = argv[1];
  REQUIRE(mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
  REQUIRE(mallopt(M_TOP_PAD, 160 << 20) == 1);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);

  static const int allowed[] = {SYS_read, SYS_write, SYS_exit, SYS_exit_group};
  static struct AllowList list;
  build_filter(&list, allowed, 4,
               !strncmp(how, "errno", 5) ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS);
  if (!strcmp(how, "strict")) {
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
  } else {
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (!strcmp(how, "kill-syscall")) {
      REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &list.program) == 0);
    } else {
      REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &list.program) == 0);
    }
  }

  for (int i = 0; i < 30000; ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  say("unharmed\n");
  if (!strcmp(argv[2], "crash")) *(volatile int*)16 = 1;
  syscall(SYS_exit, 0);
}
