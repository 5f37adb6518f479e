// SPDX-License-Identifier: Apache-2.0
// Misdeed: starts a program under a filter that kills it for any system call that a bare dynamic
// hello world does not need. argv: program and its arguments; VICTIM_PRELOAD: what the program is
// to be preloaded with.
#include "seccomp_filter.h"

int main(int argc, char** argv) {
  REQUIRE(argc >= 2);
  const char* preload = getenv("VICTIM_PRELOAD");
  if (preload != NULL && *preload != 0) setenv("LD_PRELOAD", preload, 1);
  unsetenv("VICTIM_PRELOAD");
  static const int allowed[] = {
      SYS_execve, SYS_brk,       SYS_mmap,       SYS_mprotect,        SYS_munmap,
      SYS_openat, SYS_read,      SYS_pread64,    SYS_fstat,           SYS_newfstatat,
      SYS_close,  SYS_access,    SYS_arch_prctl, SYS_set_tid_address, SYS_set_robust_list,
      SYS_rseq,   SYS_prlimit64, SYS_getrandom,  SYS_write,           SYS_exit_group,
      SYS_futex};
  static struct AllowList list;
  build_filter(&list, allowed, sizeof allowed / sizeof *allowed, SECCOMP_RET_KILL_PROCESS);
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &list.program) == 0);
  execv(argv[1], argv + 1);
  REQUIRE(!"exec");
}
