// SPDX-License-Identifier: Apache-2.0
// Misdeed: none; leaks blocks of 24 bytes from 2^argv[1] call stacks, argv[2] from each, and prints
// the highest resident memory that it ever had, in KiB.
#include "victim.h"

static int blocks_each;

static void descend(unsigned path, int depth);
__attribute__((noinline)) static void left(unsigned path, int depth) {
  descend(path, depth);
  __asm__ volatile("");
}
__attribute__((noinline)) static void right(unsigned path, int depth) {
  descend(path, depth);
  __asm__ volatile(" ");
}
__attribute__((noinline)) static void descend(unsigned path, int depth) {
  if (depth == 0) {
    for (int i = 0; i < blocks_each; ++i) leak(24);
    return;
  }
  if (path & 1)
    right(path >> 1, depth - 1);
  else
    left(path >> 1, depth - 1);
  __asm__ volatile("");
}

static long highest_resident_kib(void) {
  static char text[8192];
  int file = open("/proc/self/status", O_RDONLY);
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  REQUIRE(length > 0);
  const char* line = strstr(text, "VmHWM:");
  return line == NULL ? 0 : strtol(line + 6, NULL, 10);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  int depth = atoi(argv[1]);
  blocks_each = atoi(argv[2]);
  for (unsigned path = 0; path < 1u << depth; ++path) descend(path, depth);
  say("%ld\n", highest_resident_kib());
  return 0;
}
