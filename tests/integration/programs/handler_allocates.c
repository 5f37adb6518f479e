// SPDX-License-Identifier: Apache-2.0
// Misdeed: a timer's handler allocates and frees a thousand times a second in the middle of
// whatever main is doing, which is allocating and freeing. Needs signal_safe_allocator. Leaks: main
// 2001, handler 2003 a tick. argv: jump (leave the handler by siglongjmp, out of the middle of an
// allocation) | return; milliseconds; model file of main's finished leaks.
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "victim.h"

enum { kMost = 20000 };
static sigjmp_buf back;
static volatile sig_atomic_t can_jump;
static int jumps;
static volatile uint64_t ticks;
static void* volatile kept[kMost];
static volatile int kept_count;

static void on_tick(int number) {
  (void)number;
  ticks = ticks + 1;
  free(leak(3003));
  leak(2003);
  if (jumps && can_jump) siglongjmp(back, 1);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Every eighth leak is written down once malloc has returned it; the rest are freed again.
static void allocate_until(int64_t end_ms) {
  while (now_ms() < end_ms) {
    for (volatile int i = 0; i < 32; i = i + 1) {
      void* volatile block = leak_at_depth(3001, i);
      block = realloc(block, 3005);
      free(block);
    }
    if (kept_count < kMost) {
      kept[kept_count] = leak(2001);
      kept_count = kept_count + 1;
    }
  }
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  jumps = !strcmp(argv[1], "jump");
  int64_t end_ms = now_ms() + atoi(argv[2]);
  struct sigaction action = {0};
  action.sa_handler = on_tick;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval every_ms = {{0, 1000}, {0, 1000}};
  REQUIRE(setitimer(ITIMER_REAL, &every_ms, NULL) == 0);
  sigsetjmp(back, 1);
  can_jump = 1;
  allocate_until(end_ms);
  can_jump = 0;
  struct itimerval never = {{0, 0}, {0, 0}};
  REQUIRE(setitimer(ITIMER_REAL, &never, NULL) == 0);
  int model = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (int i = 0; i < kept_count; ++i) REQUIRE(dprintf(model, "%p 2001\n", kept[i]) > 0);
  REQUIRE(dprintf(model, "ticks %d\n", (int)ticks) > 0);
  REQUIRE(ticks > 20 && kept_count > 20);
  say("done\n");
  return 0;
}
