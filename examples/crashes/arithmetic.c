// SPDX-License-Identifier: Apache-2.0
// A mean over nothing.
#include <stdio.h>

__attribute__((noinline)) static int mean(const int* values, int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += values[i];
  return sum / count;
}

int main(int count, char** arguments) {
  (void)arguments;
  int values[] = {3, 4, 5};
  printf("%d\n", mean(values, count - 1));
  return 0;
}
