// SPDX-License-Identifier: Apache-2.0
// The build-id of a loaded object, from its notes in memory: no file is opened.
#pragma once

#include <link.h>

#include <cstdint>

namespace dbgtrace::hooks::process {

// Copies at most 32 bytes; returns their number, 0 if there is none. map_start: the object's lowest mapped address.
// Thread-safety: yes while the object stays loaded. Signal-safety: yes. Allocates: never.
uint32_t read_build_id(uintptr_t map_start, uintptr_t map_end, uintptr_t bias, uint8_t (&build_id)[32]);

}  // namespace dbgtrace::hooks::process
