// SPDX-License-Identifier: Apache-2.0
// Faults that a block of the heap explains, and those of the allocator itself.
#include <fmt/format.h>

#include <algorithm>

#include "reader/analysis/access_rules.hpp"
#include "reader/analysis/captured_memory.hpp"

namespace dbgtrace::reader::analysis {

Found block_at_fault(const CrashScene& scene) {
  if (!scene.fault_block) return {};
  const trace::HeapPointer& block = *scene.fault_block;
  const uint64_t offset = *scene.fault_address - block.block_address;
  const bool inside = offset < std::max<uint64_t>(block.block_bytes, 1);
  const bool before = block.block_address > *scene.fault_address;
  if (block.freed && in_allocator(scene) && (before || offset == 0)) {
    return verdict(CrashClass::kDoubleFree, 0.95,
                   "free() looked at the header of a block that had been freed before");
  }
  if (block.freed && inside) {
    return verdict(CrashClass::kUseAfterFree, 0.97,
                   "the address lies in a block that had been freed");
  }
  if (block.freed) {
    return verdict(CrashClass::kUseAfterFree, 0.75,
                   "the address lies close to a block that had been freed");
  }
  if (inside) {
    return verdict(CrashClass::kWildAccess, 0.6,
                   "the address lies in a live block, whose memory was unmapped or protected");
  }
  const uint64_t distance =
      before ? block.block_address - *scene.fault_address : offset - block.block_bytes;
  // The allocator rounds up to a page what it maps for one block.
  const double confidence = !before && distance < 2 * kPage ? 0.95 : 0.8;
  return verdict(CrashClass::kHeapOverflow, confidence,
                 fmt::format("the address lies {} bytes {} a live block", distance,
                             before ? "before" : "behind the end of"));
}

Found value_of_freed_block(const CrashScene& scene) {
  if (scene.crash == nullptr || scene.registers.empty()) return {};
  uint64_t wild = 0;
  if (scene.access == Access::kExecute && scene.fault_address) {
    wild = *scene.fault_address;
  } else if (const MemoryOperand* operand = faulting_operand(scene)) {
    wild = register_value(scene, operand->base);
  }
  for (const trace::HeapPointer& pointer : scene.pointers) {
    if (!pointer.freed || pointer.from != ring::PointerFrom::kRegister) continue;
    for (uint64_t at = 0; wild >= kFirstMappable && at + 8 <= std::min(pointer.block_bytes, kPage);
         at += 8) {
      const auto word = word_at(*scene.crash, pointer.block_address + at);
      // Behind it: an entry of a table of functions, or an element.
      if (!word || *word < kFirstMappable || wild - *word >= kPage) continue;
      CrashVerdict result{CrashClass::kUseAfterFree, *word == wild ? 0.93 : 0.85};
      result.block = pointer;
      return result.because(
          "the bad pointer was read from a block that had been freed, and a "
          "register still points to that block");
    }
    const MemoryOperand* operand = faulting_operand(scene);
    if (operand != nullptr && (operand->base == pointer.index || operand->index == pointer.index)) {
      CrashVerdict result{CrashClass::kUseAfterFree, 0.85};
      result.block = pointer;
      return result.because("the instruction works on a register that points to a freed block");
    }
  }
  return {};
}

Found inside_allocator(const CrashScene& scene) {
  if (!in_allocator(scene)) return {};
  const std::string_view function = scene.frame()->function;
  const bool frees = function == "free" || function == "cfree" || function == "__libc_free" ||
                     function == "__GI___libc_free" || function == "realloc";
  if (frees && scene.access == Access::kRead) {
    return verdict(CrashClass::kInvalidFree, 0.85,
                   "free() itself could not read the header of what it was given");
  }
  CrashVerdict result{CrashClass::kHeapCorruption, 0.85};
  result.because(
      "the allocator stumbled over its own lists: something wrote over a block's header before");
  if (const Found source = value_of_freed_block(scene)) {
    result.block = source->block;
    result.because(
        "the bad link stands in a block that had been freed: it was written to afterwards");
  }
  return result;
}

}  // namespace dbgtrace::reader::analysis
