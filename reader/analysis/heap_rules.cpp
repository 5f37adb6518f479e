// SPDX-License-Identifier: Apache-2.0
// Faults that a block of the heap explains, and those of the allocator itself.
#include <fmt/format.h>

#include <algorithm>

#include "reader/analysis/access_rules.hpp"
#include "reader/analysis/captured_memory.hpp"
#include "reader/analysis/heap_suspects.hpp"

namespace dbgtrace::reader::analysis {
namespace {

bool frees(const CrashScene& scene) {
  constexpr size_t kDepth = 4;
  return calls(scene, kDepth,
               {"free", "cfree", "__libc_free", "__GI___libc_free", "_int_free", "realloc",
                "__libc_realloc", "__GI___libc_realloc", "_int_realloc"});
}

CrashVerdict header_overwritten(const CrashScene& scene) {
  CrashVerdict result{CrashClass::kHeapCorruption, kOpenToDoubt};
  result.block = scene.given;
  result.overrun = neighbour_before(scene);
  return result.because(
      "the pointer that free() was given is the start of a block that was live until then, so that "
      "it is the header in front of it, or the one behind, that was overwritten");
}

}  // namespace

bool is_in_call(const CrashScene& scene, const trace::HeapPointer& pointer) {
  if (pointer.from != ring::PointerFrom::kStackWord) return true;
  constexpr uint32_t kNearWords = 128;
  if (!scene.call_words) return pointer.index < kNearWords;
  const auto& words = *scene.call_words;
  return std::find(words.begin(), words.end(), pointer.value) != words.end();
}

std::optional<trace::HeapPointer> neighbour_before(const CrashScene& scene) {
  if (!scene.given || !scene.before_given) return std::nullopt;
  const trace::HeapPointer& before = *scene.before_given;
  const uint64_t end = before.block_address + before.block_bytes;
  const uint64_t start = scene.given->block_address;
  if (end > start || start - end > kMostBetweenNeighbours) return std::nullopt;
  return before;
}

std::optional<trace::HeapPointer> last_before_top(const CrashScene& scene) {
  // Other threads may allocate from an arena of their own, and other blocks may not be known.
  const bool main_thread = scene.crash != nullptr && scene.crash->head.tid == scene.crash->head.pid;
  if (!scene.exact_heap || !main_thread) return std::nullopt;
  return scene.last_of_heap;
}

Found block_at_fault(const CrashScene& scene) {
  if (!scene.fault_block) return {};
  const trace::HeapPointer& block = *scene.fault_block;
  const uint64_t offset = *scene.fault_address - block.block_address;
  const bool inside = offset < std::max<uint64_t>(block.block_bytes, 1);
  const bool before = block.block_address > *scene.fault_address;
  if (in_allocator(scene)) {
    // The allocator works on headers, its own lists and whatever these led it to: an address in
    // somebody's block is of no meaning to it.
    if (scene.given) return header_overwritten(scene);
    const bool of_header =
        before && block.block_address - *scene.fault_address <= kChunkHeaderBytes;
    if (!block.freed || !frees(scene) || !(of_header || offset == 0)) return {};
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

Found off_the_heap(const CrashScene& scene) {
  if (!scene.fault_address || scene.access == Access::kExecute || scene.address_computed) return {};
  const uint64_t address = *scene.fault_address;
  const Mapping* at = scene.map.at(address);
  if (at != nullptr && at->accessible()) return {};
  const Mapping* below = scene.map.below(address);
  const Mapping* above = scene.map.above(address);
  if (below != nullptr && below->path == "[heap]" && address - below->end < kPage) {
    CrashVerdict result{CrashClass::kHeapOverflow, address == below->end ? kOpenToDoubt : 0.8};
    result.block = scene.before_fault;
    return result.because(fmt::format(
        "the heap ends at {:#x}, right there: an index or a length ran past the end of a block and "
        "of all that lies behind it",
        below->end));
  }
  if (above != nullptr && above->path == "[heap]" && above->start - address <= kPage) {
    return verdict(CrashClass::kHeapOverflow, 0.8,
                   fmt::format("the heap begins at {:#x}, right behind: an index ran past the "
                               "start of a block and of all that lies before it",
                               above->start));
  }
  return {};
}

Found inside_allocator(const CrashScene& scene) {
  if (!in_allocator(scene)) return {};
  if (scene.given) return header_overwritten(scene);
  const std::string_view function = scene.frame()->function;
  const bool itself = function == "free" || function == "cfree" || function == "__libc_free" ||
                      function == "__GI___libc_free" || function == "realloc";
  if (itself && scene.access == Access::kRead) {
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
