// SPDX-License-Identifier: Apache-2.0
// Whether a fault was a read, a write or a fetch of code, as the processor says; and the address of
// one that the kernel gives none of, from the instruction.
#pragma once

#include "reader/analysis/crash_scene.hpp"

namespace dbgtrace::reader::analysis {

// Signal, trap, pc, registers and instruction are there. error_code: the processor's, of the fault.
void find_access(CrashScene& scene, uint64_t error_code);

}  // namespace dbgtrace::reader::analysis
