// SPDX-License-Identifier: Apache-2.0
// mmap and its family.
#include <stdarg.h>
#include <sys/mman.h>

#include "hooks/alloc/slow_path.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;

DBGTRACE_EXPORT void* mmap(void* hint, size_t size, int protection, int flags, int fd,
                           off_t offset) noexcept {
  return alloc::map(hint, size, protection, flags, fd, offset, __builtin_return_address(0),
                    __builtin_frame_address(0));
}

DBGTRACE_EXPORT void* mmap64(void* hint, size_t size, int protection, int flags, int fd,
                             off64_t offset) noexcept {
  return alloc::map(hint, size, protection, flags, fd, offset, __builtin_return_address(0),
                    __builtin_frame_address(0));
}

DBGTRACE_EXPORT int munmap(void* start, size_t size) noexcept {
  return alloc::unmap(start, size, __builtin_frame_address(0));
}

DBGTRACE_EXPORT void* mremap(void* start, size_t old_size, size_t size, int flags, ...) noexcept {
  va_list rest;
  va_start(rest, flags);
  void* target = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  return alloc::remap(start, old_size, size, flags, target, __builtin_frame_address(0));
}
