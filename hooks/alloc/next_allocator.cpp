// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/next_allocator.hpp"

#include <errno.h>

#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

// Stand-ins: resolve, then call what was found. If an allocator lacks a function (nothing sensible
// does), memory is refused rather than the process crashed.
void* no_memory() {
  errno = ENOMEM;
  return nullptr;
}
#define STAND_IN(member, type, params, args, absent)    \
  type first_##member params {                          \
    resolve_next_allocator();                           \
    if (g_next.member == first_##member) return absent; \
    return g_next.member args;                          \
  }
STAND_IN(malloc, void*, (size_t size), (size), no_memory())
STAND_IN(calloc, void*, (size_t count, size_t size), (count, size), no_memory())
STAND_IN(realloc, void*, (void* block, size_t size), (block, size), no_memory())
STAND_IN(memalign, void*, (size_t alignment, size_t size), (alignment, size), no_memory())
STAND_IN(aligned_alloc, void*, (size_t alignment, size_t size), (alignment, size), no_memory())
STAND_IN(posix_memalign, int, (void** block, size_t alignment, size_t size),
         (block, alignment, size), ENOMEM)
STAND_IN(valloc, void*, (size_t size), (size), no_memory())
STAND_IN(pvalloc, void*, (size_t size), (size), no_memory())
STAND_IN(usable_size, size_t, (void* block), (block), 0)
STAND_IN(size_before_resize, size_t, (void* block), (block), 0)
STAND_IN(mmap, void*, (void* hint, size_t size, int protection, int flags, int fd, off_t offset),
         (hint, size, protection, flags, fd, offset), MAP_FAILED)
STAND_IN(munmap, int, (void* start, size_t size), (start, size), -1)
STAND_IN(mremap, void*, (void* start, size_t old_size, size_t size, int flags, void* target),
         (start, old_size, size, flags, target), MAP_FAILED)
#undef STAND_IN

void first_free(void* block) {
  if (block == nullptr) return;  // glibc frees null before any interposer can be ready
  resolve_next_allocator();
  if (g_next.free != first_free) g_next.free(block);
}

// As malloc_usable_size of glibc, which also looks at the next block: when a program has written
// over the size in this header that lies anywhere. Its realloc tells and aborts; a fault of ours
// would come before it.
size_t size_in_glibc_header(void* block) {
  constexpr size_t kFlags = 7;
  constexpr size_t kMapped = 2;
  const size_t word = static_cast<const size_t*>(block)[-1];
  return (word & ~kFlags) - ((word & kMapped) != 0 ? 2 : 1) * sizeof(size_t);
}

constinit const link_map* g_object = nullptr;

}  // namespace

constinit NextAllocator g_next = {first_malloc,
                                  first_free,
                                  first_calloc,
                                  first_realloc,
                                  first_memalign,
                                  first_aligned_alloc,
                                  first_posix_memalign,
                                  first_valloc,
                                  first_pvalloc,
                                  first_usable_size,
                                  nullptr,
                                  nullptr,
                                  first_mmap,
                                  first_munmap,
                                  first_mremap,
                                  first_size_before_resize};

void resolve_next_allocator() {
  void* glibc_realloc = nullptr;
  os::Wanted symbols[] = {
      {"malloc", os::place_of(g_next.malloc)},
      {"free", os::place_of(g_next.free)},
      {"calloc", os::place_of(g_next.calloc)},
      {"realloc", os::place_of(g_next.realloc)},
      {"memalign", os::place_of(g_next.memalign)},
      {"aligned_alloc", os::place_of(g_next.aligned_alloc)},
      {"posix_memalign", os::place_of(g_next.posix_memalign)},
      {"valloc", os::place_of(g_next.valloc)},
      {"pvalloc", os::place_of(g_next.pvalloc)},
      {"malloc_usable_size", os::place_of(g_next.usable_size)},
      {"mmap", os::place_of(g_next.mmap)},
      {"munmap", os::place_of(g_next.munmap)},
      {"mremap", os::place_of(g_next.mremap)},
      {"free_sized", os::place_of(g_next.free_sized)},
      {"free_aligned_sized", os::place_of(g_next.free_aligned_sized)},
      {"__libc_realloc", &glibc_realloc},
  };
  os::find_all_next(symbols);
  g_next.size_before_resize = reinterpret_cast<void*>(g_next.realloc) == glibc_realloc
                                  ? size_in_glibc_header
                                  : g_next.usable_size;
  g_object = symbols[0].object;
}

const link_map* next_allocator_object() { return g_object; }

}  // namespace dbgtrace::hooks::alloc
