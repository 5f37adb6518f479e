// SPDX-License-Identifier: Apache-2.0
// Misdeed: looks for any sign of company: threads, descriptors, children, handlers, masks, dlerror;
// at the start of main, and again after 10,000 allocations and a thread. What it prints must not
// depend on who is preloaded.
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "victim.h"

static int count_entries(const char* folder) {
  int entries = 0;
  DIR* stream = opendir(folder);
  REQUIRE(stream != NULL);
  for (struct dirent* entry; (entry = readdir(stream)) != NULL;) entries += entry->d_name[0] != '.';
  closedir(stream);
  return entries;
}

static void list_descriptors(void) {
  char path[64], target[256];
  for (int fd = 0; fd < 1024; ++fd) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    char* colon = strchr(target, ':');
    if (colon != NULL) *colon = 0;
    say("fd %d %s, flags %#x\n", fd, target, fcntl(fd, F_GETFD));
  }
}

static void list_signals(void) {
  sigset_t blocked, pending;
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  sigpending(&pending);
  for (int number = 1; number < 65; ++number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) continue;
    if (action.sa_handler != SIG_DFL) say("signal %d is handled\n", number);
    if (sigismember(&blocked, number) == 1) say("signal %d is blocked\n", number);
    if (sigismember(&pending, number) == 1) say("signal %d is pending\n", number);
  }
}

static void look(const char* when) {
  char cwd[4096];
  say("%s\n", when);
  const char* error = dlerror();
  say("dlerror %s\n", error != NULL ? error : "none");
  say("threads %d\n", count_entries("/proc/self/task"));
  list_descriptors();
  list_signals();
  mode_t mask = umask(0);
  umask(mask);
  say("cwd %s, umask %o\n", getcwd(cwd, sizeof cwd), mask);
  int child = waitpid(-1, NULL, WNOHANG);
  say("children %d %d\n", child, errno);
}

static void* allocate(void* unused) {
  churn(3001, 10000);
  return unused;
}

int main(void) {
  look("at start");
  for (int i = 0; i < 10000; ++i) leak_at_depth(2001, i % 100);
  look("after allocations");
  pthread_t id;
  pthread_create(&id, NULL, allocate, NULL);
  pthread_join(id, NULL);
  look("after a thread");
  return 0;
}
