// SPDX-License-Identifier: Apache-2.0
// Misdeed: leaks COUNT blocks of SIZE bytes from stacks of many shapes. argv: count, size.
#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  int count = atoi(argv[1]);
  size_t size_bytes = strtoul(argv[2], NULL, 10);
  for (int i = 0; i < count; ++i) {
    REQUIRE(leak_at_depth(size_bytes, i % 40) != NULL);
    churn(size_bytes + 1, 2);
  }
  say("leaked %d blocks\n", count);
  return 0;
}
