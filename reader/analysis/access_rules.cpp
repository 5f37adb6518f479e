// SPDX-License-Identifier: Apache-2.0
// SIGSEGV and SIGBUS: an address that could not be read, written or executed. The rules are tried
// from the one that needs the strongest evidence to the one that is left when nothing is known.
#include "reader/analysis/access_rules.hpp"

#include <fmt/format.h>

#include <csignal>

namespace dbgtrace::reader::analysis {
namespace {

constexpr int kMapError = 1, kAccessError = 2;

// A wild pointer may have come out of a freed block that was not sampled, was given to somebody
// else since, or that no register points to any more: then the class would be another one.
constexpr double kOfUnknownOrigin = 0.9;

std::string mapping_text(const Mapping& mapping) {
  return fmt::format("{} ({})", mapping.path.empty() ? "anonymous memory" : mapping.path,
                     mapping.permissions());
}

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
  for (const auto rule : {stack_overflow, lost_stack_pointer, block_at_fault, inside_allocator,
                          value_of_freed_block, off_the_heap, jump}) {
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
