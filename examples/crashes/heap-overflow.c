// SPDX-License-Identifier: Apache-2.0
// An image is filled with one row too many, and more.
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 1024, HEIGHT = 2048 };

__attribute__((noinline)) static void fill(unsigned char* image, size_t rows) {
  for (size_t i = 0; i < rows * WIDTH; ++i) image[i] = (unsigned char)(i % 255);
}

int main(void) {
  unsigned char* image = malloc((size_t)WIDTH * HEIGHT);
  if (image == NULL) return 1;
  fill(image, HEIGHT + 64);
  printf("%d\n", image[WIDTH]);
  free(image);
  return 0;
}
