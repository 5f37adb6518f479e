// SPDX-License-Identifier: Apache-2.0
// A breakpoint was left in the program.
#include <signal.h>
#include <stdio.h>

__attribute__((noinline)) static int checked(int value) {
#if defined(__x86_64__)
  if (value < 0) __asm__ volatile("int3");
#else
  if (value < 0) __asm__ volatile("brk #0");
#endif
  return value;
}

int main(void) {
  for (int value = 2; value > -2; --value) printf("%d\n", checked(value));
  return 0;
}
