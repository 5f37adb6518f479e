// SPDX-License-Identifier: Apache-2.0
// The malloc family. What is not sampled passes with one compare (and, for free, one load) and a
// jump; built without frame pointers, so that nothing else is on that path.
#include <stdint.h>

#include "hooks/alloc/fast_path.hpp"
#include "hooks/alloc/next_allocator.hpp"
#include "hooks/alloc/slow_path.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;
using alloc::may_be_sampled;
using alloc::passes;

namespace {

// A call by the exported name would go through the PLT, where another library may take it over.
inline void free_any(void* block) {
  return may_be_sampled(block) ? alloc::slow_free(block) : alloc::g_next.free(block);
}

inline void* realloc_any(void* block, size_t size) {
  if (block == nullptr)
    return passes(size) ? alloc::g_next.realloc(nullptr, size) : alloc::slow_realloc_new(size);
  return alloc::resize(block, size);
}

}  // namespace

DBGTRACE_EXPORT void* malloc(size_t size) {
  return passes(size) ? alloc::g_next.malloc(size) : alloc::slow_malloc(size);
}

DBGTRACE_EXPORT void free(void* block) { return free_any(block); }

DBGTRACE_EXPORT void cfree(void* block) { return free_any(block); }

DBGTRACE_EXPORT void* calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return alloc::g_next.calloc(count, size);
  return passes(bytes) ? alloc::g_next.calloc(count, size) : alloc::slow_calloc(count, size);
}

DBGTRACE_EXPORT void* realloc(void* block, size_t size) { return realloc_any(block, size); }

DBGTRACE_EXPORT void* reallocarray(void* block, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return alloc::refuse();
  return realloc_any(block, bytes);
}

DBGTRACE_EXPORT void* memalign(size_t alignment, size_t size) {
  return passes(size) ? alloc::g_next.memalign(alignment, size)
                      : alloc::slow_memalign(alignment, size);
}

DBGTRACE_EXPORT void* aligned_alloc(size_t alignment, size_t size) {
  return passes(size) ? alloc::g_next.aligned_alloc(alignment, size)
                      : alloc::slow_aligned_alloc(alignment, size);
}

DBGTRACE_EXPORT int posix_memalign(void** block, size_t alignment, size_t size) {
  return passes(size) ? alloc::g_next.posix_memalign(block, alignment, size)
                      : alloc::slow_posix_memalign(block, alignment, size);
}

DBGTRACE_EXPORT void* valloc(size_t size) {
  return passes(size) ? alloc::g_next.valloc(size) : alloc::slow_valloc(size);
}

DBGTRACE_EXPORT void* pvalloc(size_t size) {
  return passes(size) ? alloc::g_next.pvalloc(size) : alloc::slow_pvalloc(size);
}

DBGTRACE_EXPORT size_t malloc_usable_size(void* block) { return alloc::g_next.usable_size(block); }

DBGTRACE_EXPORT void free_sized(void* block, size_t size) {
  if (may_be_sampled(block) || alloc::g_next.free_sized == nullptr) return free_any(block);
  return alloc::g_next.free_sized(block, size);
}

DBGTRACE_EXPORT void free_aligned_sized(void* block, size_t alignment, size_t size) {
  if (may_be_sampled(block) || alloc::g_next.free_aligned_sized == nullptr) return free_any(block);
  return alloc::g_next.free_aligned_sized(block, alignment, size);
}
