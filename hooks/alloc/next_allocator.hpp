// SPDX-License-Identifier: Apache-2.0
// The functions of the allocator behind us: what RTLD_NEXT means, so a program on jemalloc,
// tcmalloc or mimalloc keeps it. Every pointer starts at a stand-in that resolves all of them and
// goes on: malloc works before anything is initialised.
#pragma once

#include <link.h>
#include <sys/types.h>
#include <cstddef>

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes; resolving twice at the same time writes the same values. Signal-safety: yes.
// Allocates: never itself.
struct NextAllocator {
  void* (*malloc)(size_t);
  void (*free)(void*);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*memalign)(size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  size_t (*usable_size)(void*);
  void (*free_sized)(void*, size_t);                  // null where the libc has none
  void (*free_aligned_sized)(void*, size_t, size_t);  // likewise
  void* (*mmap)(void*, size_t, int, int, int, off_t);
  int (*munmap)(void*, size_t);
  void* (*mremap)(void*, size_t, size_t, int, void*);
  // What a block holds, of one that may be damaged: nothing but its own header is read.
  size_t (*size_before_resize)(void*);
};

// Hidden, so that the shims jump through it at once; a cache line that nobody writes later.
extern constinit NextAllocator g_next __attribute__((visibility("hidden"), aligned(64)));

// Resolves everything now (also done by the first call of any function).
void resolve_next_allocator();

// The object that its malloc is of; null before.
const link_map* next_allocator_object();

}  // namespace dbgtrace::hooks::alloc
