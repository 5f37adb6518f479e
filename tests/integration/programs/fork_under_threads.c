// SPDX-License-Identifier: Apache-2.0
// Misdeed: forks again and again while three threads allocate; each child allocates, starts a
// thread and leaves. Parent blocks are of 41000 bytes, children's of 43000. argv: forks.
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "victim.h"

static atomic_int done;

static void* churn_until_done(void* unused) {
  (void)unused;
  while (!atomic_load(&done)) churn(41001, 16);
  return NULL;
}

static void* leak_in_child(void* unused) {
  (void)unused;
  return leak(43000);
}

static void be_child(int number) {
  alarm(20);
  churn(43001, 4);
  leak_at_depth(43000, number % 40);
  pthread_t id;
  REQUIRE(pthread_create(&id, NULL, leak_in_child, NULL) == 0 && pthread_join(id, NULL) == 0);
  if (number % 2 == 0) _exit(0);
  exit(0);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  int forks = atoi(argv[1]), failed = 0;
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i)
    REQUIRE(pthread_create(&threads[i], NULL, churn_until_done, NULL) == 0);
  for (int i = 0; i < forks; ++i) {
    REQUIRE(leak(41000) != NULL);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) be_child(i);
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    failed += status != 0;
  }
  atomic_store(&done, 1);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  say("%d forks, %d failed\n", forks, failed);
  return failed != 0;
}
