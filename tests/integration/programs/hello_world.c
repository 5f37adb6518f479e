// SPDX-License-Identifier: Apache-2.0
// No misdeed: the smallest ordinary program. Also linked statically.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char* text = (char*)malloc(64);
  strcpy(text, "hello, world");
  puts(text);
  free(text);
  return 0;
}
