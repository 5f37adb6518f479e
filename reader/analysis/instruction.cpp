// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/instruction.hpp"

#include <capstone/capstone.h>

#include <algorithm>
#include <string_view>

#include "ring/crash_layout.hpp"

namespace dbgtrace::reader::analysis {
namespace {

class Capstone {
 public:
  explicit Capstone(ring::Arch arch) {
    const bool arm = arch == ring::Arch::kAarch64;
    ready_ = cs_open(arm ? CS_ARCH_ARM64 : CS_ARCH_X86, arm ? CS_MODE_ARM : CS_MODE_64, &handle_) ==
             CS_ERR_OK;
    if (ready_) cs_option(handle_, CS_OPT_DETAIL, CS_OPT_ON);
  }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;
  ~Capstone() {
    if (found_ != nullptr) cs_free(found_, 1);
    if (ready_) cs_close(&handle_);
  }
  const cs_insn* first(std::span<const std::byte> code, uint64_t pc) {
    if (!ready_ || found_ != nullptr) return nullptr;
    const auto* bytes = reinterpret_cast<const uint8_t*>(code.data());
    return cs_disasm(handle_, bytes, code.size(), pc, 1, &found_) == 1 ? found_ : nullptr;
  }
  bool in_group(const cs_insn& instruction, uint8_t group) const {
    return cs_insn_group(handle_, &instruction, group);
  }

 private:
  csh handle_ = 0;
  cs_insn* found_ = nullptr;
  bool ready_ = false;
};

// Index in the record of a general register, in any of its widths.
std::optional<uint32_t> x86_index(unsigned reg) {
  constexpr unsigned kWide[] = {X86_REG_RAX, X86_REG_RBX, X86_REG_RCX, X86_REG_RDX,
                                X86_REG_RSI, X86_REG_RDI, X86_REG_RBP, X86_REG_RSP,
                                X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
                                X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
  constexpr unsigned kNarrow[] = {X86_REG_EAX,  X86_REG_EBX,  X86_REG_ECX,  X86_REG_EDX,
                                  X86_REG_ESI,  X86_REG_EDI,  X86_REG_EBP,  X86_REG_ESP,
                                  X86_REG_R8D,  X86_REG_R9D,  X86_REG_R10D, X86_REG_R11D,
                                  X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D};
  for (uint32_t i = 0; i < std::size(kWide); ++i) {
    if (reg == kWide[i] || reg == kNarrow[i]) return i;
  }
  return std::nullopt;
}

std::optional<uint32_t> arm_index(unsigned reg) {
  if (reg == ARM64_REG_SP) return ring::kAarch64Sp;
  if (reg == ARM64_REG_X29) return 29;
  if (reg == ARM64_REG_X30) return 30;
  if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28) return reg - ARM64_REG_X0;
  return std::nullopt;
}

class Reader {
 public:
  Reader(const Capstone& capstone, const cs_insn& found, std::span<const uint64_t> registers)
      : capstone_(capstone), found_(found), registers_(registers) {
    instruction_.text = found.mnemonic;
    if (found.op_str[0] != '\0') instruction_.text += std::string(" ") + found.op_str;
  }

  Instruction read_x86();
  Instruction read_arm();

 private:
  bool in(uint8_t group) const { return capstone_.in_group(found_, group); }
  uint64_t value_of(std::optional<uint32_t> index) const {
    return index && *index < registers_.size() ? registers_[*index] : 0;
  }
  void add_x86(const x86_op_mem& memory, bool written);
  // What push, pop, call and return touch without saying so.
  void add_stack_word(int64_t displacement, bool written) {
    MemoryOperand operand;
    operand.base = ring::kX86Rsp;
    operand.displacement = displacement;
    operand.address = value_of(operand.base) + static_cast<uint64_t>(displacement);
    operand.written = written;
    instruction_.operands.push_back(operand);
  }

  const Capstone& capstone_;
  const cs_insn& found_;
  std::span<const uint64_t> registers_;
  Instruction instruction_;
};

void Reader::add_x86(const x86_op_mem& memory, bool written) {
  MemoryOperand operand;
  operand.displacement = memory.disp;
  operand.written = written;
  operand.address = static_cast<uint64_t>(memory.disp);
  if (memory.base == X86_REG_RIP) {
    operand.address += found_.address + found_.size;
  } else {
    operand.base = x86_index(memory.base);
    operand.address += value_of(operand.base);
  }
  operand.index = x86_index(memory.index);
  operand.address += value_of(operand.index) * static_cast<uint64_t>(memory.scale);
  if (memory.segment == X86_REG_FS) operand.address += value_of(ring::kX86FsBase);
  instruction_.operands.push_back(operand);
}

bool needs_alignment(std::string_view mnemonic) {
  constexpr std::string_view kNames[] = {"movaps",  "movapd",  "movdqa",  "movntps",
                                         "movntpd", "movntdq", "movntdqa"};
  if (mnemonic.starts_with('v')) mnemonic.remove_prefix(1);
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [mnemonic](std::string_view name) { return mnemonic.starts_with(name); });
}

Instruction Reader::read_x86() {
  const cs_x86& detail = found_.detail->x86;
  const unsigned id = found_.id;
  if (id == X86_INS_UD2 || id == X86_INS_UD2B) {
    instruction_.kind = InstructionKind::kUndefined;
  } else if (id == X86_INS_INT3) {
    instruction_.kind = InstructionKind::kBreakpoint;
  } else if (in(CS_GRP_CALL)) {
    instruction_.kind = InstructionKind::kCall;
  } else if (in(CS_GRP_RET)) {
    instruction_.kind = InstructionKind::kReturn;
  } else if (in(CS_GRP_JUMP)) {
    instruction_.kind = InstructionKind::kJump;
  } else if (in(CS_GRP_PRIVILEGE) || id == X86_INS_HLT || id == X86_INS_CLI || id == X86_INS_STI) {
    instruction_.kind = InstructionKind::kPrivileged;
  }
  const bool touches = id != X86_INS_LEA && id != X86_INS_NOP;
  const bool branches =
      instruction_.kind == InstructionKind::kCall || instruction_.kind == InstructionKind::kJump;
  for (int i = 0; i < detail.op_count && touches; ++i) {
    const cs_x86_op& operand = detail.operands[i];
    if (operand.type == X86_OP_MEM) add_x86(operand.mem, (operand.access & CS_AC_WRITE) != 0);
    if (operand.type == X86_OP_REG && branches) {
      if (const auto index = x86_index(operand.reg)) instruction_.target = value_of(index);
    }
  }
  if (id == X86_INS_PUSH || instruction_.kind == InstructionKind::kCall) add_stack_word(-8, true);
  if (id == X86_INS_POP || instruction_.kind == InstructionKind::kReturn) add_stack_word(0, false);
  instruction_.aligned_only = needs_alignment(found_.mnemonic);
  return instruction_;
}

Instruction Reader::read_arm() {
  const cs_arm64& detail = found_.detail->arm64;
  const std::string_view mnemonic = found_.mnemonic;
  if (mnemonic == "brk") instruction_.kind = InstructionKind::kBreakpoint;
  if (mnemonic == "udf") instruction_.kind = InstructionKind::kUndefined;
  if (mnemonic == "blr" || mnemonic == "bl") instruction_.kind = InstructionKind::kCall;
  if (mnemonic == "br" || mnemonic == "b") instruction_.kind = InstructionKind::kJump;
  if (mnemonic == "ret") instruction_.kind = InstructionKind::kReturn;
  for (int i = 0; i < detail.op_count; ++i) {
    const cs_arm64_op& operand = detail.operands[i];
    if (operand.type == ARM64_OP_REG && (mnemonic == "blr" || mnemonic == "br")) {
      instruction_.target = value_of(arm_index(operand.reg));
    }
    if (operand.type != ARM64_OP_MEM) continue;
    MemoryOperand memory;
    memory.base = arm_index(operand.mem.base);
    memory.index = arm_index(operand.mem.index);
    memory.displacement = operand.mem.disp;
    memory.written = mnemonic.starts_with("st");
    const unsigned shift = operand.shift.type == ARM64_SFT_LSL ? operand.shift.value & 7 : 0;
    memory.address = value_of(memory.base) + (value_of(memory.index) << shift) +
                     static_cast<uint64_t>(memory.displacement);
    instruction_.operands.push_back(memory);
  }
  return instruction_;
}

}  // namespace

std::optional<Instruction> decode(ring::Arch arch, std::span<const std::byte> code, uint64_t pc,
                                  std::span<const uint64_t> registers) {
  constexpr size_t kLongest = 16;
  Capstone capstone(arch);
  const cs_insn* found = capstone.first(code.first(std::min(code.size(), kLongest)), pc);
  if (found == nullptr || found->detail == nullptr) return std::nullopt;
  Reader reader(capstone, *found, registers);
  return arch == ring::Arch::kAarch64 ? reader.read_arm() : reader.read_x86();
}

}  // namespace dbgtrace::reader::analysis
