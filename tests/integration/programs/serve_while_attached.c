// SPDX-License-Identifier: Apache-2.0
// Misdeed: none; a program that somebody attaches to while it works. Threads wait in every way that
// a thread can wait in and count how often they were woken for nothing; others allocate; one leaks
// 4001 bytes every millisecond, from its start on. At SIGRTMIN it says in one line what its signal
// actions and alternate stacks are, by the kernel alone. Ends by SIGTERM and says what went wrong.
// argv: allocating threads.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "victim.h"

static _Atomic int ending, interrupted, wrong;
static int pair[2];
static sem_t posted;

static void expect(int result, int expected) {
  if (result == expected) return;
  if (result < 0 && errno == EINTR)
    ++interrupted;
  else
    ++wrong;
}

static void* sleep_long(void* unused) {
  (void)unused;
  while (!ending) {
    struct timespec step = {0, 3000000};
    expect(nanosleep(&step, NULL), 0);
  }
  return NULL;
}
static void* poll_nothing(void* unused) {
  (void)unused;
  while (!ending) expect(poll(NULL, 0, 3), 0);
  return NULL;
}
static void* wait_for_events(void* unused) {
  (void)unused;
  int epoll = epoll_create1(0);
  struct epoll_event event;
  while (!ending) expect(epoll_wait(epoll, &event, 1, 3), 0);
  return NULL;
}
static void* receive(void* unused) {
  (void)unused;
  char byte;
  while (!ending) expect((int)recv(pair[0], &byte, 1, 0), 1);
  return NULL;
}
static void* send_slowly(void* unused) {
  (void)unused;
  while (!ending) {
    usleep(2000);
    expect((int)send(pair[1], "x", 1, 0), 1);
    sem_post(&posted);
  }
  send(pair[1], "x", 1, 0);
  return NULL;
}
static void* wait_for_post(void* unused) {
  (void)unused;
  while (!ending) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 5;
    expect(sem_timedwait(&posted, &end), 0);
  }
  return NULL;
}
static void* wait_for_semaphore(void* unused) {
  (void)unused;
  int set = semget(IPC_PRIVATE, 1, 0600);
  REQUIRE(set >= 0);
  struct sembuf down = {0, -1, 0};
  struct timespec limit = {0, 3000000};
  while (!ending) {
    int result = semtimedop(set, &down, 1, &limit);
    if (result < 0 && errno == EAGAIN) result = 0;
    expect(result, 0);
  }
  semctl(set, 0, IPC_RMID);
  return NULL;
}
// In the program's own code, with values in the vector registers and in errno.
static void* compute(void* unused) {
  (void)unused;
  volatile double sum = 0;
  while (!ending) {
    errno = 77;
    double once = 1, again = 1;
    for (int i = 0; i < 200000; ++i) once = once * 0.75 + 1e-3;
    for (int i = 0; i < 200000; ++i) again = again * 0.75 + 1e-3;
    if (again != once || errno != 77) ++wrong;
    sum += once;
    usleep(500);
  }
  return NULL;
}
static void* allocate(void* unused) {
  (void)unused;
  while (!ending) {
    churn(3001, 50);
    usleep(300);
  }
  return NULL;
}
static void* leak_slowly(void* unused) {
  (void)unused;
  while (!ending) {
    REQUIRE(leak_at_depth(4001, 3) != NULL);
    usleep(1000);
  }
  return NULL;
}
static void on_own_signal(int signal) { (void)signal; }

// What the kernel holds: handler, flags, restorer and mask of every signal, told by no C library.
static void say_actions(void) {
  struct {
    unsigned long handler, flags, restorer, mask;
  } action;
  char line[8192];
  int length = 0;
  for (int signal = 1; signal <= 64; ++signal) {
    REQUIRE(syscall(SYS_rt_sigaction, signal, NULL, &action, 8) == 0);
    if ((action.handler | action.flags | action.restorer | action.mask) == 0) continue;
    length += snprintf(line + length, sizeof line - (size_t)length, "%d:%lx:%lx:%lx:%lx ", signal,
                       action.handler, action.flags, action.restorer, action.mask);
    REQUIRE(length < (int)sizeof line);
  }
  stack_t stack;
  REQUIRE(syscall(SYS_sigaltstack, NULL, &stack) == 0);
  length += snprintf(line + length, sizeof line - (size_t)length, "stack:%lx:%d\n",
                     (unsigned long)stack.ss_sp, stack.ss_flags);
  REQUIRE(write(1, line, (size_t)length) == length);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  const int allocating = atoi(argv[1]);
  struct sigaction action = {.sa_handler = on_own_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR2);
  REQUIRE(sigaction(SIGBUS, &action, NULL) == 0);
  REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
  action.sa_handler = SIG_IGN;
  REQUIRE(sigaction(SIGPIPE, &action, NULL) == 0);
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && sem_init(&posted, 0, 0) == 0);
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigaddset(&end, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &end, NULL);
  void* (*const kinds[])(void*) = {sleep_long,  poll_nothing,  wait_for_events,    receive,
                                   send_slowly, wait_for_post, wait_for_semaphore, compute,
                                   leak_slowly};
  enum { kKinds = sizeof(kinds) / sizeof(kinds[0]) };
  pthread_t threads[kKinds + 64];
  int started = 0;
  for (; started < kKinds; ++started)
    REQUIRE(pthread_create(&threads[started], NULL, kinds[started], NULL) == 0);
  for (int i = 0; i < allocating && i < 64; ++i, ++started)
    REQUIRE(pthread_create(&threads[started], NULL, allocate, NULL) == 0);
  say("ready\n");
  int signal = 0;
  while (sigwait(&end, &signal) == 0 && signal != SIGTERM) say_actions();
  ending = 1;
  for (int i = 0; i < started; ++i) pthread_join(threads[i], NULL);
  say("interrupted %d, wrong %d\n", (int)interrupted, (int)wrong);
  return 0;
}
