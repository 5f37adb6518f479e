// SPDX-License-Identifier: Apache-2.0
// Misdeed: stays where nobody may call a function in its name. argv: wait (harmless),
// malloc (never anywhere else), handler (in a signal handler), vfork (until a child lets go, five
// seconds), loader PLUGIN (one thread loads, another waits), filter (behind a seccomp filter). Ends
// by SIGTERM, or when it is through.
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "victim.h"

static volatile sig_atomic_t ending;

static void on_end(int signal) {
  (void)signal;
  ending = 1;
}
static void stay(int signal) {
  (void)signal;
  while (!ending) pause();
}
static void* wait_for_end(void* unused) {
  (void)unused;
  while (!ending) usleep(10000);
  return NULL;
}
static void wait_for_child(void) {
  pid_t child = vfork();
  if (child == 0) {
    struct timespec left = {5, 0};
    while (nanosleep(&left, &left) != 0) {
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}
#if !defined(LINKED_STATICALLY)
static void load(const char* plugin) {
  pthread_t waiting;
  REQUIRE(pthread_create(&waiting, NULL, wait_for_end, NULL) == 0);
  REQUIRE(dlopen(plugin, RTLD_NOW) != NULL);
  pthread_join(waiting, NULL);
}
#endif
static void enter_filter(void) {
  struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {1, &allow};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(int argc, char** argv) {
  REQUIRE(argc >= 2);
  const char* how = argv[1];
  struct sigaction end = {.sa_handler = on_end}, handler = {.sa_handler = stay};
  REQUIRE(sigaction(SIGTERM, &end, NULL) == 0 && sigaction(SIGUSR1, &handler, NULL) == 0);
  if (!strcmp(how, "filter")) enter_filter();
  say("ready\n");
  if (!strcmp(how, "handler")) raise(SIGUSR1);
  if (!strcmp(how, "vfork")) wait_for_child();
#if !defined(LINKED_STATICALLY)
  if (!strcmp(how, "loader")) load(argv[2]);
#endif
  if (!strcmp(how, "malloc")) {
    while (!ending) churn(3001, 1000);
  }
  if (!strcmp(how, "wait") || !strcmp(how, "filter")) wait_for_end(NULL);
  say("done\n");
  return 0;
}
