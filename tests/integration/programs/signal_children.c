// SPDX-License-Identifier: Apache-2.0
// Misdeed: signal actions in children by fork, vfork, posix_spawn and exec. argv: nothing, or
// "tell" to say what was inherited.
#include <spawn.h>
#include <sys/wait.h>

#include "signal_log.h"

static const char* self;

static void children(void) {
  struct sigaction action = {0}, old;
  action.sa_handler = on_plain;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGFPE, &action, NULL) == 0);
  REQUIRE(signal(SIGILL, SIG_IGN) == SIG_DFL && signal(SIGSYS, SIG_IGN) == SIG_DFL);

  int status;
  pid_t child = fork();
  if (child == 0) {
    say_now(SIGSEGV);
    say_now(SIGILL);
    deliver(SIGSEGV);
    action.sa_handler = on_other;
    REQUIRE(sigaction(SIGSEGV, &action, &old) == 0);
    say_action("in a child", &old);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  say_now(SIGSEGV);

  child = vfork();
  if (child == 0) {
    action.sa_handler = SIG_DFL;
    if (sigaction(SIGSEGV, &action, &old) != 0 || old.sa_handler != on_plain) _exit(1);
    action.sa_handler = on_other;
    if (sigaction(SIGSEGV, &action, &old) != 0 || old.sa_handler != SIG_DFL) _exit(2);
    if (signal(SIGFPE, SIG_IGN) != on_plain) _exit(3);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  say("vfork child: status %d\n", status);
  say_now(SIGSEGV);
  say_now(SIGFPE);

  // By the C library's own hand.
  posix_spawnattr_t attributes;
  sigset_t to_default;
  sigemptyset(&to_default);
  sigaddset(&to_default, SIGSYS);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &to_default);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  char* arguments[] = {(char*)self, "tell", NULL};
  REQUIRE(posix_spawn(&child, self, NULL, &attributes, arguments, environ) == 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  say("spawned: status %d\n", status);
  posix_spawnattr_destroy(&attributes);

  child = fork();
  if (child == 0) {
    execl(self, self, "tell", NULL);
    _exit(9);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  say("executed: status %d\n", status);
  REQUIRE(system("exit 7") == 7 << 8);
}

int main(int argc, char** argv) {
  if (argc == 2) {
    for (int i = 0; i < kSignalCount; ++i) {
      say("%s after exec\n", name_of_signal(kSignals[i]));
      say_now(kSignals[i]);
    }
    // What is ignored stays so, and does nothing.
    REQUIRE(raise(SIGILL) == 0);
    return 0;
  }
  self = argv[0];
  const struct chapter chapters[] = {{"children", children}, {NULL, NULL}};
  tell(chapters);
  return 0;
}
