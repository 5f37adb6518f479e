// SPDX-License-Identifier: Apache-2.0
// death_time THREADS: prints the time of the monotonic clock in nanoseconds, then crashes while
// that many threads wait. tests/crash/death_time measures from there to the end.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void* wait_for_work(void* unused) {
  free(malloc(1000));
  pthread_barrier_wait(&barrier);
  for (;;) pause();
  return unused;
}

int main(int count, char** arguments) {
  const int threads = count > 1 ? atoi(arguments[1]) : 0;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_work, NULL) != 0) return 2;
  }
  pthread_barrier_wait(&barrier);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  dprintf(STDOUT_FILENO, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
  *(volatile int*)(size_t)(count - 2) = 1;
  return 0;
}
