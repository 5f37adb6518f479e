// SPDX-License-Identifier: Apache-2.0
// Misdeed: deletes or cuts every recording in a folder in mid-run, its own too, and has its own
// ideas about SIGBUS. argv: delete|truncate|shorten, folder, none|owned|once|blocked|ignored.
#include <dirent.h>
#include <pthread.h>
#include <signal.h>

#include "victim.h"

static volatile int handled;
static char* volatile own_mapping;

static void on_bus_error(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  ++handled;
  REQUIRE((char*)info->si_addr == own_mapping);
  REQUIRE(mmap(own_mapping, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
          own_mapping);
}

static void choose_sigbus(const char* how) {
  struct sigaction action = {0};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = (int)(SA_SIGINFO | (!strcmp(how, "once") ? SA_RESETHAND : 0));
  if (!strcmp(how, "owned") || !strcmp(how, "once")) {
    REQUIRE(sigaction(SIGBUS, &action, NULL) == 0);
  }
  if (!strcmp(how, "ignored")) REQUIRE(signal(SIGBUS, SIG_IGN) == SIG_DFL);
  if (!strcmp(how, "blocked")) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGBUS);
    REQUIRE(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  }
}

// A bus error of the program's own reaches its own handler, before and after.
static void own_bus_error(void) {
  int fd = memfd_create("cut", 0);
  own_mapping = (char*)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  const int before = handled;
  REQUIRE(*(volatile char*)own_mapping == 0 && handled == before + 1);
}

static void* allocate(void* unused) {
  for (int i = 0; i < 5000; ++i) REQUIRE(leak_at_depth(2005, i % 50) != NULL);
  return unused;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  choose_sigbus(argv[3]);
  if (!strcmp(argv[3], "owned")) own_bus_error();
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);
  DIR* folder = opendir(argv[2]);
  REQUIRE(folder != NULL);
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    if (strstr(entry->d_name, ".dbgt") == NULL) continue;
    if (!strcmp(argv[1], "delete")) REQUIRE(unlinkat(dirfd(folder), entry->d_name, 0) == 0);
    if (!strcmp(argv[1], "truncate") || !strcmp(argv[1], "shorten")) {
      int fd = openat(dirfd(folder), entry->d_name, O_WRONLY);
      REQUIRE(fd >= 0 && ftruncate(fd, argv[1][0] == 't' ? 0 : 64 << 10) == 0);
      close(fd);
    }
  }
  closedir(folder);
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  pthread_t ids[4];
  for (int i = 0; i < 4; ++i) REQUIRE(pthread_create(&ids[i], NULL, allocate, NULL) == 0);
  for (int i = 0; i < 4; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  if (!strcmp(argv[3], "owned") || !strcmp(argv[3], "once")) own_bus_error();
  say("unharmed\n");
  return 0;
}
