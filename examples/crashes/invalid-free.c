// SPDX-License-Identifier: Apache-2.0
// A pointer into a block is freed instead of the block.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void drop(char* text) { free(text); }

int main(void) {
  char* text = strdup("   a line with leading blanks");
  while (isspace((unsigned char)*text)) ++text;
  puts(text);
  drop(text);
  return 0;
}
