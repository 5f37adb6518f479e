// SPDX-License-Identifier: Apache-2.0
// A name that does not fit is copied into an array on the stack.
// flags: -fstack-protector-all
#include <stdio.h>

__attribute__((noinline)) static void greet(const char* name) {
  char text[16];
  size_t i = 0;
  for (; name[i] != '\0'; ++i) text[i] = name[i];
  text[i] = '\0';
  printf("Hello %c\n", text[0]);
}

int main(int count, char** arguments) {
  greet(count > 1 ? arguments[1] : "somebody with quite a long name");
  return 0;
}
