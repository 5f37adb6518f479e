// SPDX-License-Identifier: Apache-2.0
// Nothing is wrong with the program: another process sends SIGSEGV.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static void serve(void) {
  for (;;) pause();
}

int main(void) {
  pid_t server = getpid();
  if (fork() == 0) {
    usleep(100000);
    kill(server, SIGSEGV);
    return 0;
  }
  serve();
  return 0;
}
