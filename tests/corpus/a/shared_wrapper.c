// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=remember_route
// note: the whole program allocates through one wrapper; only one of its callers leaks.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

NOINLINE static void* allocate_or_die(size_t size) {
  void* block = malloc(size);  // leaks
  if (block == NULL) abort();
  memset(block, 1, size);
  return block;
}

NOINLINE static void remember_route(void) { keep(allocate_or_die(1100)); }

NOINLINE static void forward_packet(void) {
  void* packet = allocate_or_die(1500);
  keep(packet);
  free(packet);
}

NOINLINE static void* open_window(void) {
  void* window = allocate_or_die(1300);
  keep(window);
  return window;
}

int main(void) {
  void* windows[32];
  for (int i = 0; i < 32; ++i) windows[i] = open_window();
  for (int step = 0; step < 500; ++step) {
    remember_route();
    for (int i = 0; i < 3; ++i) forward_packet();
    free(windows[step % 32]);
    windows[step % 32] = open_window();
    pause_ms(5);
  }
  return 0;
}
