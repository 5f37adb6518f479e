// SPDX-License-Identifier: Apache-2.0
// Misdeed: dies by a signal, raised by the hardware, by itself or by the C library. argv: way.
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "victim.h"

static volatile int zero;

__attribute__((noinline)) static int overflow_stack(int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = (char)depth;
  return overflow_stack(depth + 1) + frame[(depth + 1) % 4096];
}

static void* die_in_thread(void* unused) {
  (void)unused;
  leak(100);
  return (void*)(intptr_t)overflow_stack(0);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  const char* way = argv[1];
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  for (int i = 0; i < 100; ++i) leak_at_depth(2001, i % 40);
  if (!strcmp(way, "read-null")) return *(volatile int*)8;
  if (!strcmp(way, "write-wild")) *(volatile int*)0x123456789000 = 1;
  if (!strcmp(way, "non-canonical")) return *(volatile int*)0xdead000000000000;
  if (!strcmp(way, "jump")) ((void (*)(void))0x10)();
  if (!strcmp(way, "divide")) return 1000 / zero;
  if (!strcmp(way, "illegal")) __asm__ volatile("ud2");
  if (!strcmp(way, "breakpoint")) __asm__ volatile("int3");
  if (!strcmp(way, "bus")) {
    int fd = memfd_create("cut", 0);
    char* page = (char*)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    page[0] = 1;
  }
  if (!strcmp(way, "stack")) return overflow_stack(0);
  if (!strcmp(way, "stack-in-thread")) {
    pthread_t id;
    pthread_create(&id, NULL, die_in_thread, NULL);
    pthread_join(id, NULL);
  }
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "assert")) assert(zero == 1);
  if (!strcmp(way, "double-free")) {
    void* block = leak(5000);
    leak(64);
    free(block);
    free(block);
  }
  if (!strcmp(way, "invalid-free")) free((char*)leak(200) + 8);
  if (!strcmp(way, "realloc-overrun")) {
    leak(24);
    char* overrun = leak(24);
    volatile char* before = overrun - 24;
    for (int i = 0; i < 24; ++i) before[i] = 65;
    return realloc(overrun, 5000) != NULL;
  }
  if (!strcmp(way, "smash")) {
    volatile char buffer[8];
    volatile char* out = buffer;
    for (int i = 0; i < 64; ++i) out[i] = 65;
    return 0;
  }
  int signal_number = atoi(way);
  if (signal_number > 0) raise(signal_number);
  REQUIRE(!"a known way");
}
