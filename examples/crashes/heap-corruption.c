// SPDX-License-Identifier: Apache-2.0
// A copy writes over what the allocator keeps behind the block; the next free finds it.
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void copy_all(char* to, const char* from, size_t size) {
  memcpy(to, from, size);
}

int main(void) {
  char line[2048];
  memset(line, 'x', sizeof(line));
  char* first = malloc(2000);
  char* second = malloc(2000);
  char* third = malloc(2000);
  copy_all(first, line, 2016);
  free(second);
  free(third);
  free(first);
  return 0;
}
