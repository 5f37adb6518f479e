// SPDX-License-Identifier: Apache-2.0
// Misdeed: a regression. Two functions turn memory over, argv[1] and argv[2] blocks of 1000 bytes;
// argv[3] blocks of the second one are kept.
#include "victim.h"

__attribute__((noinline)) static void steady(int blocks) {
  for (int i = 0; i < blocks; ++i) free(leak(1000));
  __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void seeded(int blocks, int kept) {
  for (int i = 0; i < blocks; ++i) {
    void* block = leak(1000);
    if (i >= kept) free(block);
  }
  __asm__ volatile("" ::: "memory");
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  steady(atoi(argv[1]));
  seeded(atoi(argv[2]), atoi(argv[3]));
  say("done\n");
  return 0;
}
