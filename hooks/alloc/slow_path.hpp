// SPDX-License-Identifier: Apache-2.0
// What a shim jumps to when its countdown runs out or a block may be sampled: the real call with
// the recorder around it. The shims jump (no call), so the frame of these functions returns into
// the program and the walk starts there.
#pragma once

#include <sys/types.h>
#include <cstddef>

#include "hooks/alloc/tracker.hpp"

namespace dbgtrace::hooks::alloc {

// Each behaves as the function of its name, errno included.
// Thread-safety: yes. Signal-safety: as the allocator behind. Allocates: only through that call.
void* slow_malloc(size_t size);
void* slow_calloc(size_t count, size_t size);
void* slow_realloc_new(size_t size);
void* slow_memalign(size_t alignment, size_t size);
void* slow_aligned_alloc(size_t alignment, size_t size);
int slow_posix_memalign(void** block, size_t alignment, size_t size);
void* slow_valloc(size_t size);
void* slow_pvalloc(size_t size);
void slow_free(void* block);

// realloc of an existing block: always comes here, since what counts is its growth.
void* resize(void* block, size_t size);

// A block that is there already and whose request did not pass.
void* record_late(void* block, size_t size, Frame frame);

// A request whose size overflows.
void* refuse();

// Anonymous mappings, if they are not the allocator's own. caller: the return address of the shim.
void* map(void* hint, size_t size, int protection, int flags, int fd, off_t offset,
          const void* caller, Frame frame);
int unmap(void* start, size_t size, Frame frame);
void* remap(void* start, size_t old_size, size_t size, int flags, void* target, Frame frame);

}  // namespace dbgtrace::hooks::alloc
