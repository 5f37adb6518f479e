// SPDX-License-Identifier: Apache-2.0
// A table of functions is read past its end.
#include <stdint.h>
#include <stdio.h>

typedef int (*operation)(int);

static int twice(int value) { return 2 * value; }
static int square(int value) { return value * value; }

static struct {
  operation known[2];
  uint64_t checksum;
} table = {{twice, square}, 0x123456789abc};

__attribute__((noinline)) static int apply(int which, int value) {
  volatile int result = ((operation*)&table)[which](value);
  return result;
}

int main(void) {
  for (int i = 0; i < 3; ++i) printf("%d\n", apply(i, 7));
  return 0;
}
