// SPDX-License-Identifier: Apache-2.0
// Misdeed: allocates as fast as it can. argv: bytes of a block, milliseconds of CPU time. Says when
// half of the time is used, and at the end how many bytes it allocated.
#include <time.h>

#include "victim.h"

static long cpu_ms(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static size_t allocate_until(long end_ms, size_t size_bytes) {
  size_t total_bytes = 0;
  while (cpu_ms() < end_ms) {
    churn(size_bytes, 1000);
    total_bytes += 1000 * size_bytes;
  }
  return total_bytes;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  size_t size_bytes = strtoul(argv[1], NULL, 0);
  long end_ms = strtol(argv[2], NULL, 0);
  size_t total_bytes = allocate_until(end_ms / 2, size_bytes);
  say("half\n");
  total_bytes += allocate_until(end_ms, size_bytes);
  say("%zu\n", total_bytes);
  return 0;
}
