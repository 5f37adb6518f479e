// SPDX-License-Identifier: Apache-2.0
// Misdeed: lives with SIGSEGV as virtual machines do: a thousand faults handled and jumped out of,
// with sigaction showing at any time exactly what the program itself installed; then the default
// action, and death.
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#include "victim.h"

static sigjmp_buf back;
static volatile int handled;
static void* volatile last_address;

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  handled = handled + 1;
  last_address = info->si_addr;
  siglongjmp(back, 1);
}

int main(void) {
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  struct sigaction seen;
  REQUIRE(sigaction(SIGSEGV, NULL, &seen) == 0 && seen.sa_handler == SIG_DFL && seen.sa_flags == 0);

  struct sigaction mine = {0};
  mine.sa_sigaction = on_fault;
  mine.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaddset(&mine.sa_mask, SIGUSR1);
  REQUIRE(sigaction(SIGSEGV, &mine, &seen) == 0 && seen.sa_handler == SIG_DFL);
  for (volatile uintptr_t i = 0; i < 1000; i = i + 1) {
    if (sigsetjmp(back, 1) == 0) {
      *(volatile char*)(8 + i) = 1;
    } else {
      REQUIRE((uintptr_t)last_address == 8 + i);
    }
  }
  REQUIRE(sigaction(SIGSEGV, NULL, &seen) == 0 && seen.sa_sigaction == on_fault);
  const int restorer = 0x04000000;  // the C library's own flag
  REQUIRE((seen.sa_flags & ~restorer) == mine.sa_flags && sigismember(&seen.sa_mask, SIGUSR1) == 1);
  REQUIRE(sigismember(&seen.sa_mask, SIGUSR2) == 0);
  say("handled %d\n", handled);

  REQUIRE(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
  *(volatile char*)8 = 1;
  return 0;
}
