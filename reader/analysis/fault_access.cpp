// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/fault_access.hpp"

#include <csignal>

#include "reader/analysis/captured_memory.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr uint64_t kPageFault = 14, kProtectionFault = 13, kStackFault = 12;
constexpr uint64_t kWriteBit = 1u << 1, kFetchBit = 1u << 4;

Access arm_access(uint64_t syndrome) {
  const uint64_t cause = syndrome >> 26 & 0x3f;
  if (cause == 0x20 || cause == 0x21) return Access::kExecute;
  if (cause != 0x24 && cause != 0x25) return Access::kUnknown;
  return (syndrome & 1u << 6) != 0 ? Access::kWrite : Access::kRead;
}

// Of an access that the kernel gives no address of.
void compute_address(CrashScene& scene) {
  if (!scene.instruction) return;
  const auto found = [&scene](uint64_t address, Access access) {
    scene.fault_address = address;
    scene.address_computed = true;
    scene.access = access;
  };
  const Instruction& instruction = *scene.instruction;
  for (const MemoryOperand& operand : instruction.operands) {
    if (is_canonical(operand.address)) continue;
    found(operand.address, operand.written ? Access::kWrite : Access::kRead);
    return;
  }
  std::optional<uint64_t> target = instruction.target;
  const bool branches = instruction.kind == InstructionKind::kCall ||
                        instruction.kind == InstructionKind::kJump ||
                        instruction.kind == InstructionKind::kReturn;
  if (!branches) return;
  // Through memory, or back to where the stack says.
  if (!target && !instruction.operands.empty()) {
    target = word_at(*scene.crash, instruction.operands.front().address);
  }
  if (target && !is_canonical(*target)) found(*target, Access::kExecute);
}

}  // namespace

void find_access(CrashScene& scene, uint64_t error_code) {
  if (scene.signal != SIGSEGV && scene.signal != SIGBUS) return;
  if (scene.sent || (scene.reraised && scene.trap == 0)) {
    if (scene.fault_address && *scene.fault_address == scene.pc) scene.access = Access::kExecute;
    return;
  }
  if (scene.arch == ring::Arch::kAarch64) {
    scene.access = arm_access(error_code);
  } else if (scene.trap == kPageFault) {
    scene.access = (error_code & kFetchBit) != 0   ? Access::kExecute
                   : (error_code & kWriteBit) != 0 ? Access::kWrite
                                                   : Access::kRead;
  }
  const bool fetched = scene.fault_address && *scene.fault_address == scene.pc;
  if (fetched && scene.access != Access::kWrite) scene.access = Access::kExecute;
  const bool untold = scene.trap == kProtectionFault || scene.trap == kStackFault;
  if (scene.arch == ring::Arch::kX86_64 && untold) compute_address(scene);
}

const char* name_of(Access access) {
  switch (access) {
    case Access::kRead:
      return "read";
    case Access::kWrite:
      return "write";
    case Access::kExecute:
      return "exec";
    case Access::kUnknown:
      break;
  }
  return "";
}

bool is_canonical(uint64_t address) { return address + 0x8000'0000'0000 < 0x1'0000'0000'0000; }

}  // namespace dbgtrace::reader::analysis
