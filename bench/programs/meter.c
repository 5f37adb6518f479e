// SPDX-License-Identifier: Apache-2.0
// Runs a program and writes what it cost as one line of JSON. Small on purpose: the peak RSS that
// the kernel reports for a child starts at the size of the process that forked it.
//   meter OUT [-n RUNS] [-u UID:GID] [-C DIR] [-E NAME=VALUE]... -- PROG ARGS
// CPU time and peak are those of PROG and of every process below it that was waited for.
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kMostSettings = 64, kFailed = 125 };

struct Plan {
  const char* out;
  long runs;
  const char* user;
  const char* folder;
  char* settings[kMostSettings];
  int setting_count;
  char** program;
};

static void fail(const char* what) {
  fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
  _exit(kFailed);
}

static void read_plan(int argc, char** argv, struct Plan* plan) {
  if (argc < 3) fail("usage: meter OUT [options] -- PROG ARGS");
  plan->out = argv[1];
  for (int i = 2; i < argc; i += 2) {
    if (strcmp(argv[i], "--") == 0) {
      plan->program = argv + i + 1;
      return;
    }
    if (i + 1 == argc || plan->setting_count == kMostSettings) break;
    if (strcmp(argv[i], "-n") == 0) plan->runs = atol(argv[i + 1]);
    if (strcmp(argv[i], "-u") == 0) plan->user = argv[i + 1];
    if (strcmp(argv[i], "-C") == 0) plan->folder = argv[i + 1];
    if (strcmp(argv[i], "-E") == 0) plan->settings[plan->setting_count++] = argv[i + 1];
  }
  fail("no program");
}

static void become_user(const char* user) {
  unsigned uid, gid;
  if (sscanf(user, "%u:%u", &uid, &gid) != 2) fail(user);
  if (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0) fail("change of user");
}

static void start(const struct Plan* plan) {
  if (plan->user != NULL) become_user(plan->user);
  if (plan->folder != NULL && chdir(plan->folder) != 0) fail(plan->folder);
  for (int i = 0; i < plan->setting_count; ++i) putenv(plan->settings[i]);
  execvp(plan->program[0], plan->program);
  fail(plan->program[0]);
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec * 1e-6; }

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char** argv) {
  struct Plan plan = {.runs = 1};
  read_plan(argc, argv, &plan);
  FILE* out = fopen(plan.out, "w");
  if (out == NULL) fail(plan.out);
  for (long run = 0; run < plan.runs; ++run) {
    fflush(out);
    const double began = now();
    const pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) start(&plan);
    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0) {
      if (errno != EINTR) fail("wait4");
    }
    const double wall = now() - began;
    fprintf(out,
            "{\"wall_s\": %.6f, \"user_s\": %.6f, \"system_s\": %.6f, \"peak_bytes\": %lld, "
            "\"status\": %d}\n",
            wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss * 1024LL,
            WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
  }
  return fclose(out) == 0 ? 0 : kFailed;
}
