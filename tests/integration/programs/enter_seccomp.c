// SPDX-License-Identifier: Apache-2.0
// Misdeed: sandboxes itself in mid-run so tightly that any system call of anybody else is death (or
// an unexpected EPERM), then allocates more than a megabyte of history, and leaves or crashes. Its
// heap is grown before, so that malloc itself needs no call. argv:
// strict|kill-prctl|kill-syscall|errno-prctl, then leave or the way to die.
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>

#include "seccomp_filter.h"

static volatile int zero;

__attribute__((noinline)) static int overflow_stack(int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = (char)depth;
  return overflow_stack(depth + 1) + frame[(depth + 1) % 4096];
}

static void die(const char* way) {
  if (!strcmp(way, "crash")) *(volatile int*)16 = 1;
  if (!strcmp(way, "non-canonical")) *(volatile int*)0xdead000000000000 = 1;
  if (!strcmp(way, "jump")) ((void (*)(void))0x10)();
  if (!strcmp(way, "divide")) zero = 1000 / zero;
  if (!strcmp(way, "illegal")) __asm__ volatile("ud2");
  if (!strcmp(way, "breakpoint")) __asm__ volatile("int3");
  if (!strcmp(way, "stack")) zero = overflow_stack(0);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "segv-self")) raise(SIGSEGV);
  if (!strcmp(way, "abort-raised")) raise(SIGABRT);
  if (!strcmp(way, "abort-self")) kill(getpid(), SIGABRT);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  const char* how = argv[1];
  REQUIRE(mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1);
  REQUIRE(mallopt(M_TOP_PAD, 160 << 20) == 1);
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);

  static const int allowed[] = {SYS_read,           SYS_write,       SYS_exit,   SYS_exit_group,
                                SYS_kill,           SYS_tgkill,      SYS_gettid, SYS_getpid,
                                SYS_rt_sigprocmask, SYS_rt_sigaction};
  const int count = strstr(how, "wide") != NULL ? 10 : 4;
  static struct AllowList list;
  build_filter(&list, allowed, count,
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

  // How one dies does not depend on how much came before: only the first two ways need much.
  const bool much = !strcmp(argv[2], "leave") || !strcmp(argv[2], "crash");
  for (int i = 0; i < (much ? 30000 : 300); ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  say("unharmed\n");
  die(argv[2]);
  syscall(SYS_exit, 0);
}
