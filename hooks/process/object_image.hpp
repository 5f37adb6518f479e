// SPDX-License-Identifier: Apache-2.0
// What a loaded object's program headers in memory say: its whole extent, its load bias and its
// build-id. No file is opened.
#pragma once

#include <link.h>

#include <cstdint>

#include "hooks/stack/object_finder.hpp"

namespace dbgtrace::hooks::process {

// [start, end) of all its segments. A program with gaps between segments (node) is found by the
// loader segment by segment.
struct ObjectImage {
  uintptr_t start = 0, end = 0;
  uintptr_t bias = 0;
  const ElfW(Phdr) * headers = nullptr;  // null: not readable, start and end from the map
  uint32_t header_count = 0;
};

// Thread-safety: yes while the object stays loaded. Signal-safety: yes. Allocates: never.
ObjectImage image_of(const stack::CodeObject& object);

// Copies at most 32 bytes; returns their number, 0 if there is none.
uint32_t read_build_id(const ObjectImage& image, uint8_t (&build_id)[32]);

}  // namespace dbgtrace::hooks::process
