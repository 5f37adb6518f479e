// SPDX-License-Identifier: Apache-2.0
// Bytes of the dying program: its code around pc, its stack, and what registers point to. All but
// the code may hold secrets: DBGTRACE_CRASH_STACK=0 keeps none of it.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Steps of the record. Signal-safety: yes. Allocates: never.
void keep_code(Scene& scene);
void keep_stack_bytes(Scene& scene);
void keep_near_registers(Scene& scene);

// At most limit_bytes from sp on (the red zone below it included), as far as they can be read.
// Returns [low, high) of what was kept.
struct KeptStack {
  uintptr_t low, high;
};
KeptStack keep_bytes_above(Scene& scene, uintptr_t sp, uint64_t limit_bytes);

}  // namespace dbgtrace::hooks::crash
