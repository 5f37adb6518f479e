// SPDX-License-Identifier: Apache-2.0
// Misdeed: jumps out of faults of its own all the time, says at SIGUSR1 whether each came to its
// handler, and dies of one at SIGUSR2.
#include <setjmp.h>
#include <signal.h>

#include "victim.h"

static volatile sig_atomic_t asked, told_to_die;
static sigjmp_buf back;
static volatile long handled;
static int* volatile nowhere;

static void on_request(int number) { *(number == SIGUSR1 ? &asked : &told_to_die) = 1; }

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  handled += info->si_addr == nowhere;
  siglongjmp(back, 1);
}

__attribute__((noinline)) static void write_nowhere(void) { *nowhere = 1; }

int main(void) {
  struct sigaction action = {0}, old;
  action.sa_handler = on_request;
  REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0);
  say("ready\n");
  for (volatile long faults = 1; !told_to_die; faults = faults + 1) {
    churn(1000, 10);
    if (sigsetjmp(back, 1) == 0) write_nowhere();
    usleep(500);
    if (!asked) continue;
    asked = 0;
    REQUIRE(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_sigaction == on_fault);
    say(handled == faults ? "each handled\n" : "some lost\n");
  }
  REQUIRE(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
  write_nowhere();
}
