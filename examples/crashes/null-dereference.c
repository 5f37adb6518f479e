// SPDX-License-Identifier: Apache-2.0
// A list is walked one step too far.
#include <stdio.h>

struct station {
  const char* name;
  struct station* next;
};

__attribute__((noinline)) static const char* second_next(const struct station* from) {
  return from->next->next->name;
}

int main(void) {
  struct station end = {"Lindau", NULL};
  struct station start = {"Ulm", &end};
  puts(second_next(&start));
  return 0;
}
