// SPDX-License-Identifier: Apache-2.0
// mmap as a kind of its own: anonymous, backed memory that the program maps itself. What the
// allocator maps for itself comes through here as well (jemalloc's arenas) and is told by who
// calls.
#include <errno.h>
#include <sys/mman.h>

#include "hooks/alloc/next_allocator.hpp"
#include "hooks/alloc/slow_path.hpp"
#include "hooks/process/modules.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

constexpr size_t kSmallestMapping = 128 << 10;

bool is_memory(size_t size, int protection, int flags, int fd) {
  return size >= kSmallestMapping && (flags & MAP_ANONYMOUS) != 0 && fd == -1 &&
         protection != PROT_NONE && (flags & (MAP_NORESERVE | MAP_STACK)) == 0;
}

bool of_allocator(const void* caller) {
  return process::same_object(reinterpret_cast<uintptr_t>(caller),
                              reinterpret_cast<uintptr_t>(g_next.malloc));
}

}  // namespace

void* map(void* hint, size_t size, int protection, int flags, int fd, off_t offset,
          const void* caller, Frame frame) {
  void* start = g_next.mmap(hint, size, protection, flags, fd, offset);
  if (start == MAP_FAILED || !is_memory(size, protection, flags, fd) || of_allocator(caller))
    return start;
  ThreadState& thread = t_state;
  if (size < thread.countdown) {
    thread.countdown -= size;
    return start;
  }
  const int saved = errno;
  if (const Hit sample = take_hit(size); sample.sampled)
    record_mapping(start, size, sample.weight, frame);
  errno = saved;
  return start;
}

int unmap(void* start, size_t size, Frame frame) {
  if (g_free_filter.may_hold(reinterpret_cast<uintptr_t>(start))) {
    const int saved = errno;
    record_unmapping(start, size, frame);
    errno = saved;
  }
  return g_next.munmap(start, size);
}

void* remap(void* start, size_t old_size, size_t size, int flags, void* target, Frame frame) {
  const bool known = g_free_filter.may_hold(reinterpret_cast<uintptr_t>(start));
  void* result = g_next.mremap(start, old_size, size, flags, target);
  if (result == MAP_FAILED || !known) return result;
  const int saved = errno;
  const uint16_t weight = mapping_weight(start);
  // Moved with the weight that it has; a mapping that nobody sampled stays unknown.
  if (weight != 0) {
    record_unmapping(start, old_size, frame);
    record_mapping(result, size, weight, frame);
  }
  errno = saved;
  return result;
}

}  // namespace dbgtrace::hooks::alloc
