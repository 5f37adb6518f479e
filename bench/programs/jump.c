// SPDX-License-Identifier: Apache-2.0
// The least that can stand between a program and its allocator: one jump through a pointer. For
// instruction counts, as a bound that no recorder can reach; forward.c is what is usually written.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#define FORWARD(result, name, parameters, arguments)             \
  static result first_##name parameters;                         \
  static result(*next_##name) parameters = first_##name;         \
  static result first_##name parameters {                        \
    next_##name = (result(*) parameters)dlsym(RTLD_NEXT, #name); \
    return next_##name arguments;                                \
  }                                                              \
  __attribute__((visibility("default"))) result name parameters { return next_##name arguments; }

FORWARD(void*, malloc, (size_t size), (size))
FORWARD(void*, calloc, (size_t count, size_t size), (count, size))
FORWARD(void*, realloc, (void* block, size_t size), (block, size))
FORWARD(void*, reallocarray, (void* block, size_t count, size_t size), (block, count, size))
FORWARD(void*, memalign, (size_t alignment, size_t size), (alignment, size))
FORWARD(void*, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
FORWARD(int, posix_memalign, (void** block, size_t alignment, size_t size),
        (block, alignment, size))
FORWARD(void*, valloc, (size_t size), (size))
FORWARD(void*, pvalloc, (size_t size), (size))
FORWARD(size_t, malloc_usable_size, (void* block), (block))
FORWARD(void, free, (void* block), (block))
