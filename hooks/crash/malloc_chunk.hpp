// SPDX-License-Identifier: Apache-2.0
// The C library's own idea of a block: the size words around what a register points to. Where no
// sample knows the block, this still says how large it is and whether it is in use.
#pragma once

#include "hooks/crash/guarded_reader.hpp"
#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// The chunk whose block begins at the address. False: the words there are none of glibc's, or its
// neighbours contradict. Pure but for the loads.
bool find_chunk(GuardedReader& reader, uintptr_t block, ring::MallocChunk& chunk);

// Part of a step of the record: the fault address and all registers. Signal-safety: yes.
void keep_chunks(Scene& scene);

}  // namespace dbgtrace::hooks::crash
