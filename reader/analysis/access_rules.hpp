// SPDX-License-Identifier: Apache-2.0
// The rules for an address that could not be read, written or executed, by what they look at. Each
// has an answer or leaves it to the next one.
#pragma once

#include <optional>
#include <string>

#include "reader/analysis/crash_rules.hpp"

namespace dbgtrace::reader::analysis {

using Found = std::optional<CrashVerdict>;

Found stack_overflow(const CrashScene& scene);
Found lost_stack_pointer(const CrashScene& scene);

// The address lies in or near a block.
Found block_at_fault(const CrashScene& scene);
// The wild value was read out of a freed block: its bytes are still there, with the value in them.
Found value_of_freed_block(const CrashScene& scene);
// Right behind the end of the heap, or right before its start.
Found off_the_heap(const CrashScene& scene);
Found inside_allocator(const CrashScene& scene);

inline constexpr uint64_t kPage = 4096;
inline constexpr uint64_t kFirstMappable = 65536;  // vm.mmap_min_addr

// The operand whose address is the fault's, if the instruction is known.
inline const MemoryOperand* faulting_operand(const CrashScene& scene) {
  if (!scene.instruction || !scene.fault_address) return nullptr;
  constexpr uint64_t kWidest = 64;  // an access that straddles a page faults behind its start
  for (const MemoryOperand& operand : scene.instruction->operands) {
    if (*scene.fault_address - operand.address < kWidest) return &operand;
  }
  return nullptr;
}

inline uint64_t register_value(const CrashScene& scene, std::optional<uint32_t> index) {
  return index && *index < scene.registers.size() ? scene.registers[*index] : 0;
}

}  // namespace dbgtrace::reader::analysis
