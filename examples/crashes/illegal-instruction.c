// SPDX-License-Identifier: Apache-2.0
// Execution comes to where the compiler was told that it never will.
#include <stdio.h>

enum colour { RED, GREEN, BLUE };

__attribute__((noinline)) static const char* name_of(enum colour colour) {
  switch (colour) {
    case RED:
      return "red";
    case GREEN:
      return "green";
    case BLUE:
      return "blue";
  }
  __builtin_trap();
}

int main(void) {
  for (int i = 0; i < 4; ++i) puts(name_of((enum colour)i));
  return 0;
}
