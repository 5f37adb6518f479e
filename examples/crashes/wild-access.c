// SPDX-License-Identifier: Apache-2.0
// A pointer is built from bytes of a message.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct message {
  char kind[4];
  char body[12];
};

__attribute__((noinline)) static int first_word(const struct message* message) {
  uintptr_t where = 0;
  memcpy(&where, message->body, 6);
  return *(const int*)where;
}

int main(void) {
  struct message message = {"data", "hello world"};
  printf("%d\n", first_word(&message));
  return 0;
}
