// SPDX-License-Identifier: Apache-2.0
// Misdeed: leaves, in every way there is, while its other threads still allocate. argv: way,
// progress file, program to exec.
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

#include "progress.h"

static const char* way;

static void* leak_on(void* thread) {
  leak_with_progress((int)(intptr_t)thread, kLeaksPerThread);
  return NULL;
}

static void* leave_from_thread(void* unused) {
  (void)unused;
  exit(3);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  way = argv[1];
  open_progress(argv[2]);
  pthread_t id;
  for (intptr_t thread = 1; thread < kThreads; ++thread)
    REQUIRE(pthread_create(&id, NULL, leak_on, (void*)thread) == 0);
  leak_with_progress(0, 200);

  if (!strcmp(way, "return")) return 3;
  if (!strcmp(way, "exit")) exit(3);
  if (!strcmp(way, "_exit")) _exit(3);
  if (!strcmp(way, "_Exit")) _Exit(3);
  if (!strcmp(way, "quick_exit")) quick_exit(3);
  if (!strcmp(way, "exit_group")) syscall(SYS_exit_group, 3);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "sigterm")) raise(SIGTERM);
  if (!strcmp(way, "sigkill")) raise(SIGKILL);
  if (!strcmp(way, "exec")) execl(argv[3], argv[3], (char*)NULL);
  if (!strcmp(way, "exit_in_thread")) {
    pthread_create(&id, NULL, leave_from_thread, NULL);
    pause();
  }
  if (!strcmp(way, "pthread_exit")) pthread_exit(NULL);
  REQUIRE(!"a known way");
}
