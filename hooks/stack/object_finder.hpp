// SPDX-License-Identifier: Apache-2.0
// Which loaded object holds a code address, and where its call frame information starts. The
// loader's own lock-free index (_dl_find_object, glibc >= 2.35) answers if there is one; it is
// handed in as an address, since an import of that name would keep the library from loading on
// older systems. Those get the ModuleList, a picture of /proc/self/maps.
#pragma once

#include <cstdint>

#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

struct CodeObject {
  // Where the pc lies. Of a program whose segments have gaps between them (node is one) the loader
  // tells the one segment, so this is not always the whole object.
  uintptr_t map_start = 0;
  uintptr_t map_end = 0;
  // The range that holds the call frame information: the same one, or another segment.
  uintptr_t cfi_start = 0;
  uintptr_t cfi_end = 0;
  uintptr_t eh_frame_hdr = 0;      // 0: the object has none
  const void* identity = nullptr;  // the loader's link_map; map_start where that is unknown
};

// Once, before the first walk. nullptr: this system has none.
void set_dl_find_object(void* function);

// False: no object holds the pc (JIT code, garbage), or none that is known.
// Thread-safety: yes. Signal-safety: yes. Allocates: never.
bool find_object(uintptr_t pc, CodeObject& object);

// Brings the picture for older systems up to date: at start and after dlopen or dlclose; nothing
// where the loader has an index. False: not done (system calls are forbidden, or another thread is
// at it). Never called from a walk.
bool refresh_objects(SystemCalls calls);

}  // namespace dbgtrace::hooks::stack
