// SPDX-License-Identifier: Apache-2.0
// Misdeed: none; allocates all the time, and after SIGUSR1 forks: parent and child each load the
// plugin then and leak 4001 bytes through it every millisecond, for less than a second. argv:
// plugin.
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>

#include "victim.h"

static volatile sig_atomic_t told;
static void be_told(int signal) {
  (void)signal;
  told = 1;
}

static void use(const char* path) {
  void* plugin = dlopen(path, RTLD_NOW);
  REQUIRE(plugin != NULL);
  void* (*allocate)(size_t) = (void* (*)(size_t))dlsym(plugin, "plugin_allocate");
  REQUIRE(allocate != NULL);
  for (int i = 0; i < 600; ++i) {
    churn(8000, 1);
    victim_sink = allocate(4001);
    usleep(1000);
  }
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  signal(SIGUSR1, be_told);
  say("ready\n");
  while (!told) {
    churn(8000, 1);
    usleep(1000);
  }
  pid_t child = fork();
  REQUIRE(child >= 0);
  use(argv[1]);
  if (child == 0) _exit(0);
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  say("done\n");
}
