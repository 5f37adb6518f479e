// SPDX-License-Identifier: Apache-2.0
// A mapped file shrinks under its reader, as when a log is rotated.
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noinline)) static long count_lines(const char* text, size_t size) {
  long lines = 0;
  for (size_t i = 0; i < size; ++i) lines += text[i] == '\n';
  return lines;
}

int main(void) {
  enum { SIZE = 1 << 20 };
  int log = memfd_create("log", 0);
  if (log < 0 || ftruncate(log, SIZE) != 0) return 1;
  const char* text = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, log, 0);
  if (text == MAP_FAILED || ftruncate(log, SIZE / 2) != 0) return 1;
  printf("%ld\n", count_lines(text, SIZE));
  return 0;
}
