// SPDX-License-Identifier: Apache-2.0
// SIGSEGV and SIGBUS: an address that could not be read, written or executed. The rules are tried
// from the one that needs the strongest evidence to the one that is left when nothing is known.
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <optional>

#include "reader/analysis/captured_memory.hpp"
#include "reader/analysis/crash_rules.hpp"
#include "reader/analysis/kernel_names.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kFirstMappable = 65536;  // vm.mmap_min_addr
constexpr int kMapError = 1, kAccessError = 2;
constexpr size_t kRecursion = 8;  // times that a function is on the stack

using Found = std::optional<CrashVerdict>;

CrashVerdict verdict(CrashClass crash_class, double confidence, std::string reason) {
  CrashVerdict result{crash_class, confidence};
  return result.because(std::move(reason));
}

// A wild pointer may have come out of a freed block that was not sampled, was given to somebody
// else since, or that no register points to any more: then the class would be another one.
constexpr double kOfUnknownOrigin = 0.9;

std::string mapping_text(const Mapping& mapping) {
  return fmt::format("{} ({})", mapping.path.empty() ? "anonymous memory" : mapping.path,
                     mapping.permissions());
}

// The operand whose address is the fault's, if the instruction is known.
const MemoryOperand* faulting_operand(const CrashScene& scene) {
  if (!scene.instruction || !scene.fault_address) return nullptr;
  constexpr uint64_t kWidest = 64;  // an access that straddles a page faults behind its start
  for (const MemoryOperand& operand : scene.instruction->operands) {
    if (*scene.fault_address - operand.address < kWidest) return &operand;
  }
  return nullptr;
}

uint64_t register_value(const CrashScene& scene, std::optional<uint32_t> index) {
  return index && *index < scene.registers.size() ? scene.registers[*index] : 0;
}

// --- the stack -------------------------------------------------------------------------------

// How often the commonest function is on the stack.
size_t most_repeated(const CrashScene& scene) {
  size_t most = 0;
  std::array<size_t, 8> counts{};
  const auto& frames = scene.stack.frames;
  // Of a recursion, a few frames at the top hold every function of its cycle.
  for (size_t i = 0; i < std::min(counts.size(), frames.size()); ++i) {
    for (const symbols::Frame& frame : frames) {
      const bool same = frame.function.empty() ? frame.offset == frames[i].offset
                                               : frame.function == frames[i].function;
      if (same && frame.module == frames[i].module) ++counts[i];
    }
    most = std::max(most, counts[i]);
  }
  return most;
}

// A push, a call or the first write to a new frame: close to the stack pointer, or between it and
// the frame pointer.
bool touches_frame(const CrashScene& scene, uint64_t address) {
  constexpr uint64_t kBelow = kPage, kAbove = 1 << 20, kLargestFrame = 256 << 20;
  if (address - (*scene.sp - kBelow) < kBelow + kAbove) return true;
  const uint64_t frame = scene.frame_pointer.value_or(0);
  return frame > *scene.sp && frame - *scene.sp < kLargestFrame && address >= *scene.sp &&
         address < frame;
}

// The memory that the stack pointer came from: it stands close to the lower end, or has jumped over
// it and whatever guards it.
const Mapping* stack_of(const CrashScene& scene) {
  constexpr uint64_t kJump = uint64_t{1} << 30;
  const Mapping* mapping = scene.map.at(*scene.sp);
  if (mapping != nullptr && mapping->writable) {
    return *scene.sp - mapping->start < kFirstMappable ? mapping : nullptr;
  }
  for (mapping = scene.map.above(*scene.sp); mapping != nullptr && !mapping->accessible();) {
    mapping = scene.map.above(mapping->end - 1);
  }
  const bool fits = mapping != nullptr && mapping->writable && !mapping->is_file() &&
                    mapping->start - *scene.sp < kJump;
  return fits ? mapping : nullptr;
}

bool overlaps(const Mapping& mapping, uint64_t low, uint64_t high) {
  return low < mapping.end && high > mapping.start;
}

// Behind a sandbox there is no map: the bounds that the thread knows of its stack are left.
bool ran_out_by_bounds(const CrashScene& scene, uint64_t address) {
  return scene.map.empty() && scene.stack_low != 0 && address < scene.stack_low &&
         *scene.sp < scene.stack_low + kFirstMappable;
}

Found stack_overflow(const CrashScene& scene) {
  if (!scene.sp || !scene.fault_address || scene.address_computed) return {};
  const uint64_t address = *scene.fault_address, sp = *scene.sp;
  if (sp < kFirstMappable || !touches_frame(scene, address)) return {};
  CrashVerdict result{CrashClass::kStackOverflow, 0.9};
  const size_t repeated = most_repeated(scene);
  if (ran_out_by_bounds(scene, address)) {
    result.because(fmt::format("the stack pointer {:#x} ran past the end of the stack, {:#x}", sp,
                               scene.stack_low));
  } else {
    const Mapping* at_fault = scene.map.at(address);
    if (at_fault != nullptr && at_fault->accessible()) return {};
    const Mapping* stack = stack_of(scene);
    if (stack == nullptr || address >= stack->start) return {};
    const bool alternate = overlaps(*stack, scene.alternate_low, scene.alternate_high);
    const bool known = stack->path == "[stack]" || alternate || at_fault != nullptr ||
                       overlaps(*stack, scene.stack_low, scene.stack_high);
    if (known || repeated >= kRecursion) result.confidence = 0.97;
    result.because(
        fmt::format("the stack pointer {:#x} ran past the end of the {}, {:#x}, after "
                    "{} KiB",
                    sp, alternate ? "alternate signal stack" : "thread's stack", stack->start,
                    stack->size() / 1024));
  }
  if (repeated >= kRecursion) {
    result.because(fmt::format("one function is on the stack {} times", repeated));
  }
  if (scene.stack.omitted_frames > 0) {
    result.because(fmt::format("{} more frames are on it", scene.stack.omitted_frames));
  }
  return result;
}

Found lost_stack_pointer(const CrashScene& scene) {
  if (!scene.sp || !scene.fault_address || !touches_frame(scene, *scene.fault_address)) return {};
  if (scene.stack_low != 0 && *scene.sp >= scene.stack_low && *scene.sp < scene.stack_high)
    return {};
  const Mapping* at_sp = scene.map.at(*scene.sp);
  if (scene.map.empty() || (at_sp != nullptr && at_sp->writable)) return {};
  return verdict(CrashClass::kWildAccess, 0.85,
                 fmt::format("the stack pointer itself is wrong: {:#x}", *scene.sp));
}

// --- the heap --------------------------------------------------------------------------------

Found heap_block(const CrashScene& scene) {
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

// The wild value was read out of a freed block: its bytes are still there, with the value in them.
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
  const std::string& function = scene.frame()->function;
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

// --- single addresses ------------------------------------------------------------------------

Found jump(const CrashScene& scene) {
  if (scene.access != Access::kExecute || !scene.fault_address) return {};
  const uint64_t address = *scene.fault_address;
  if (address == 0) {
    return verdict(CrashClass::kNullDereference, 0.97, "a call through a null function pointer");
  }
  if (scene.address_computed) {
    const bool returned = scene.instruction->kind == InstructionKind::kReturn;
    return verdict(CrashClass::kWildJump, kOfUnknownOrigin,
                   returned ? "the return address on the stack was overwritten: it is no address"
                            : "the target of the call is no address");
  }
  const Mapping* mapping = scene.map.at(address);
  if (mapping != nullptr) {
    return verdict(CrashClass::kWildJump, scene.code == kAccessError ? 0.97 : 0.85,
                   "execution came to memory that is no code: " + mapping_text(*mapping));
  }
  return verdict(CrashClass::kWildJump, kOfUnknownOrigin,
                 "execution came to an address where nothing is mapped");
}

Found near_null(const CrashScene& scene) {
  if (!scene.fault_address || scene.address_computed) return {};
  const uint64_t address = *scene.fault_address;
  const MemoryOperand* operand = faulting_operand(scene);
  const bool null_base =
      operand != nullptr && operand->base && register_value(scene, operand->base) == 0;
  if (address < kPage) {
    CrashVerdict result{CrashClass::kNullDereference,
                        null_base || operand == nullptr ? 0.97 : 0.93};
    if (address == 0) return result.because("the address is 0");
    return result.because(
        fmt::format("the address is {} bytes behind 0, as a member of an object at 0 is", address));
  }
  if (null_base && address < kFirstMappable) {
    return verdict(CrashClass::kNullDereference, 0.95,
                   fmt::format("the instruction adds {} to a register that holds 0", address));
  }
  if (null_base && scene.code == kMapError) {
    return verdict(CrashClass::kNullDereference, 0.8,
                   "the instruction adds a large offset to a register that holds 0");
  }
  if (address > UINT64_MAX - kPage + 1) {
    return verdict(CrashClass::kNullDereference, 0.8,
                   fmt::format("the address is {} bytes before 0", UINT64_MAX - address + 1));
  }
  if (operand == nullptr && address < kFirstMappable) {
    return verdict(CrashClass::kNullDereference, 0.6,
                   fmt::format("the address is {} bytes behind 0", address));
  }
  return {};
}

// The processor's general protection fault: the kernel gives no address for it.
Found protection_fault(const CrashScene& scene) {
  if (scene.code != SI_KERNEL || scene.reraised) return {};
  if (scene.address_computed) {
    return verdict(CrashClass::kWildAccess, kOfUnknownOrigin,
                   fmt::format("the instruction works on {:#x}, which is no address on this "
                               "processor (the kernel reports 0 for it)",
                               *scene.fault_address));
  }
  if (scene.instruction && scene.instruction->kind == InstructionKind::kPrivileged) {
    return verdict(CrashClass::kIllegalInstruction, 0.9,
                   fmt::format("\"{}\" is reserved to the kernel", scene.instruction->text));
  }
  if (scene.instruction && scene.instruction->aligned_only) {
    for (const MemoryOperand& operand : scene.instruction->operands) {
      if (operand.address % 16 == 0) continue;
      return verdict(CrashClass::kWildAccess, 0.7,
                     fmt::format("\"{}\" needs an aligned address, and got {:#x}",
                                 scene.instruction->text, operand.address));
    }
  }
  return verdict(CrashClass::kWildAccess, 0.75,
                 "the kernel tells no address, as for one that the processor can't have");
}

CrashVerdict bus_error(const CrashScene& scene) {
  constexpr int kAlignment = 1, kNoBacking = 2, kHardware = 4, kHardwareLater = 5;
  if (scene.code == kHardware || scene.code == kHardwareLater) {
    return verdict(CrashClass::kBusError, 0.98, "the hardware reports that this memory is broken");
  }
  if (scene.code == kAlignment) {
    return verdict(CrashClass::kBusError, 0.98,
                   "the address is not aligned as the instruction needs it");
  }
  const Mapping* mapping = scene.fault_address ? scene.map.at(*scene.fault_address) : nullptr;
  if (scene.code == kNoBacking && mapping != nullptr && mapping->is_file()) {
    return verdict(CrashClass::kBusError, 0.98,
                   fmt::format("the mapped file {} has no bytes there: it was truncated, or its "
                               "disk is full",
                               mapping->path));
  }
  return verdict(CrashClass::kBusError, 0.93,
                 "nothing stands behind the mapped memory: a file was "
                 "truncated, or there was no page to give");
}

CrashVerdict wild_access(const CrashScene& scene) {
  if (!scene.fault_address) {
    return verdict(CrashClass::kUnknown, 0.3, "the address is not known");
  }
  const Mapping* mapping = scene.map.at(*scene.fault_address);
  if (mapping != nullptr && scene.code == kAccessError) {
    const bool written = scene.access == Access::kWrite && !mapping->writable && mapping->readable;
    return verdict(CrashClass::kWildAccess, 0.93,
                   fmt::format("the address lies in {}, which {}", mapping_text(*mapping),
                               written ? "may not be written" : "may not be accessed so"));
  }
  if (scene.code == kAccessError) {
    return verdict(CrashClass::kWildAccess, 0.85, "the memory there may not be accessed so");
  }
  CrashVerdict result{CrashClass::kWildAccess, scene.exact_heap ? 0.9 : 0.8};
  result.because("nothing is mapped at the address");
  if (scene.exact_heap) return result.because("no block that was ever allocated is close to it");
  return result.because("no sampled block is close to it; most blocks are not sampled");
}

}  // namespace

CrashVerdict classify_access(const CrashScene& scene) {
  for (const auto rule : {stack_overflow, lost_stack_pointer, heap_block, inside_allocator,
                          value_of_freed_block, jump}) {
    if (Found found = rule(scene)) return *std::move(found);
  }
  // Not through a stack or base pointer that the processor rejects: that is SIGBUS on x86-64.
  if (scene.signal == SIGBUS && scene.code != SI_KERNEL) return bus_error(scene);
  for (const auto rule : {near_null, protection_fault}) {
    if (Found found = rule(scene)) return *std::move(found);
  }
  return wild_access(scene);
}

}  // namespace dbgtrace::reader::analysis
