// SPDX-License-Identifier: Apache-2.0
// Instructions that the processor, or the kernel, refuses to run.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstdint>

#include "kinds.hpp"

namespace {

[[gnu::noinline]] int divide(int a, int b) {
  return a / b;  // crash: divide-by-zero
}

[[gnu::noinline]] int negate_by_division(int a, int b) {
  return a / b - 1;  // crash: int-overflow
}

[[gnu::noinline]] void illegal_instruction() {
#if defined(__x86_64__)
  asm volatile("ud2");  // crash: illegal-instruction
#else
  asm volatile("udf #0");  // crash: illegal-instruction
#endif
  stay();
}

[[gnu::noinline]] void breakpoint() {
#if defined(__x86_64__)
  asm volatile("int3");  // crash: breakpoint
#else
  asm volatile("brk #0");  // crash: breakpoint
#endif
  stay();
}

// getppid is forbidden from now on.
void forbid_getppid(uint32_t action) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{static_cast<unsigned short>(sizeof(code) / sizeof(code[0])), code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

[[gnu::noinline]] long ask_parent() {
  const long parent = syscall(SYS_getppid);  // crash: seccomp-trap seccomp-kill
  stay();
  return parent;
}

}  // namespace

const Kind kTrapKinds[] = {
    {"divide-by-zero", [] { hidden(divide(1000, hidden(0))); }},
    {"int-overflow", [] { hidden(negate_by_division(hidden(INT_MIN), hidden(-1))); }},
    {"illegal-instruction", illegal_instruction},
    {"breakpoint", breakpoint},
    {"seccomp-trap",
     [] {
       forbid_getppid(SECCOMP_RET_TRAP);
       hidden(ask_parent());
     }},
    {"seccomp-kill",
     [] {
       forbid_getppid(SECCOMP_RET_KILL_PROCESS);
       hidden(ask_parent());
     }},
    {nullptr, nullptr},
};
