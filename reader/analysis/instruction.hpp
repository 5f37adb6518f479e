// SPDX-License-Identifier: Apache-2.0
// The machine instruction at which a thread died, and the addresses that it was about to touch:
// where the kernel does not say the address (a non-canonical one on x86-64), and to tell which
// register held the bad pointer. Decoded by capstone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

struct MemoryOperand {
  uint64_t address = 0;
  std::optional<uint32_t> base;   // index of the register in the record
  std::optional<uint32_t> index;  // the same
  int64_t displacement = 0;
  bool written = false;
};

enum class InstructionKind { kOther, kCall, kJump, kReturn, kPrivileged, kUndefined, kBreakpoint };

struct Instruction {
  std::string text;  // "mov rax, qword ptr [rdi + 0x18]"
  InstructionKind kind = InstructionKind::kOther;
  std::vector<MemoryOperand> operands;
  std::optional<uint64_t> target;  // of a call or jump through a register
  bool aligned_only = false;       // faults where its operand is not aligned
};

// registers are as in the record; none if the bytes are no instruction.
std::optional<Instruction> decode(ring::Arch arch, std::span<const std::byte> code, uint64_t pc,
                                  std::span<const uint64_t> registers);

}  // namespace dbgtrace::reader::analysis
