// SPDX-License-Identifier: Apache-2.0
// What the victims share: output without malloc or stdio buffers, leaks that the compiler cannot
// remove, and calls from stacks of many shapes. Victims print only what does not change from run to
// run: the driver compares it with a bare run.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((format(printf, 1, 2), unused)) static void say(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > (int)sizeof line) length = sizeof line;
  if (write(1, line, length) != length) _exit(98);
}

// A victim that meets something it must never meet says so and leaves with 99.
#define REQUIRE(condition)                                                               \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      say("%s:%d: not so: %s (errno %d)\n", __FILE_NAME__, __LINE__, #condition, errno); \
      _exit(99);                                                                         \
    }                                                                                    \
  } while (0)

static void* volatile victim_sink __attribute__((unused));

__attribute__((noinline, unused)) static void* leak(size_t size_bytes) {
  char* block = (char*)malloc(size_bytes);
  if (block != NULL && size_bytes != 0) *(volatile char*)block = 1;
  victim_sink = block;
  return block;
}

// The same leak from a stack that is `depth` frames deeper: gives the recorder many stacks to
// store.
__attribute__((noinline, unused)) static void* leak_at_depth(size_t size_bytes, int depth) {
  if (depth == 0) return leak(size_bytes);
  void* block = leak_at_depth(size_bytes, depth - 1);
  __asm__ volatile("" ::: "memory");
  return block;
}

__attribute__((noinline, unused)) static void churn(size_t size_bytes, int times) {
  for (int i = 0; i < times; ++i) {
    void* block = leak(size_bytes);
    REQUIRE(block != NULL);
    free(block);
  }
}

// A file that outlives every death of the process, mapped shared.
__attribute__((unused)) static void* map_shared_file(const char* path, size_t size_bytes) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  REQUIRE(fd >= 0 && ftruncate(fd, size_bytes) == 0);
  void* mapping = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(mapping != MAP_FAILED);
  close(fd);
  return mapping;
}
