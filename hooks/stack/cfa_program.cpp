// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/cfa_program.hpp"

namespace dbgtrace::hooks::stack {
namespace {

// Instructions with the operand in the low six bits, then the others.
constexpr uint8_t kAdvanceLoc = 0x40;
constexpr uint8_t kOffset = 0x80;
constexpr uint8_t kRestore = 0xc0;
enum : uint8_t {
  kNop = 0x00,
  kSetLoc = 0x01,
  kAdvanceLoc1 = 0x02,
  kAdvanceLoc2 = 0x03,
  kAdvanceLoc4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0a,
  kRestoreState = 0x0b,
  kDefCfa = 0x0c,
  kDefCfaRegister = 0x0d,
  kDefCfaOffset = 0x0e,
  kDefCfaExpression = 0x0f,
  kExpression = 0x10,
  kOffsetExtendedSf = 0x11,
  kDefCfaSf = 0x12,
  kDefCfaOffsetSf = 0x13,
  kValOffset = 0x14,
  kValOffsetSf = 0x15,
  kValExpression = 0x16,
  kNegateReturnState = 0x2d,  // aarch64: whether the return address is signed
  kGnuArgsSize = 0x2e,
  kGnuNegativeOffsetExtended = 0x2f,
};

constexpr uint8_t kOpBregRbp = 0x76;
constexpr uint8_t kOpDeref = 0x06;

// What linkers write for .plt: rsp + 8 + ((rip & 15) >= N) * 8, N being a byte of the expression.
constexpr uint8_t kPltExpression[] = {0x77, 0x08, 0x80, 0x00, 0x3f, 0x1a,
                                      0x00, 0x2a, 0x33, 0x24, 0x22};
constexpr unsigned kPltLiteralAt = 6;
constexpr uint8_t kOpLit0 = 0x30;

// Products of a hostile file's numbers: wrapped on purpose.
int64_t scaled(uint64_t factor, int64_t align) {
  return static_cast<int64_t>(factor * static_cast<uint64_t>(align));
}

}  // namespace

void CfaProgram::run_initial(ByteCursor instructions) {
  run(instructions, 0, 0);
  initial_ = row_;
}

void CfaProgram::run(ByteCursor instructions, uint64_t start, uint64_t pc) {
  uint64_t location = start;
  bool past = false;
  while (instructions.more() && !past) {
    if (!step(instructions, location, pc, past) || !instructions.ok()) {
      row_.cfa = Cfa::kComplex;
      return;
    }
  }
}

bool CfaProgram::step(ByteCursor& at, uint64_t& location, uint64_t pc, bool& past) {
  const auto opcode = at.fixed<uint8_t>();
  const uint8_t operand = opcode & 0x3f;
  switch (opcode & 0xc0) {
    case kAdvanceLoc:
      return advance(operand, location, pc, past);
    case kOffset:
      save(operand, Saved::kAtCfa, scaled(at.uleb(), cie_.data_align));
      return true;
    case kRestore:
      restore(operand);
      return true;
    default:
      return step_extended(opcode, at, location, pc, past);
  }
}

bool CfaProgram::step_extended(uint8_t opcode, ByteCursor& at, uint64_t& location, uint64_t pc,
                               bool& past) {
  uint64_t reg;
  switch (opcode) {
    case kNop:
      return true;
    case kSetLoc:
      location = at.encoded(cie_.pointer_encoding);
      past = location > pc;
      return true;
    case kAdvanceLoc1:
      return advance(at.fixed<uint8_t>(), location, pc, past);
    case kAdvanceLoc2:
      return advance(at.fixed<uint16_t>(), location, pc, past);
    case kAdvanceLoc4:
      return advance(at.fixed<uint32_t>(), location, pc, past);
    case kOffsetExtended:
      reg = at.uleb();
      save(reg, Saved::kAtCfa, scaled(at.uleb(), cie_.data_align));
      return true;
    case kOffsetExtendedSf:
      reg = at.uleb();
      save(reg, Saved::kAtCfa, scaled(static_cast<uint64_t>(at.sleb()), cie_.data_align));
      return true;
    case kGnuNegativeOffsetExtended:
      reg = at.uleb();
      save(reg, Saved::kAtCfa, scaled(uint64_t{0} - at.uleb(), cie_.data_align));
      return true;
    case kRestoreExtended:
      restore(at.uleb());
      return true;
    case kUndefined:
      save(at.uleb(), Saved::kUndefined);
      return true;
    case kSameValue:
      save(at.uleb(), Saved::kNowhere);
      return true;
    case kRegister:
    case kValOffset:
    case kValOffsetSf:  // two LEB128 numbers each; the value of the second does not matter
      save(at.uleb(), Saved::kComplex);
      at.uleb();
      return true;
    case kValExpression:
      save(at.uleb(), Saved::kComplex);
      at.skip(at.uleb());
      return true;
    case kExpression:
      reg = at.uleb();
      save_by_expression(reg, at.slice(at.uleb()));
      return true;
    case kRememberState:
      if (remembered_count_ == kMaxRemembered) return false;
      remembered_[remembered_count_++] = row_;
      return true;
    case kRestoreState:
      if (remembered_count_ == 0) return false;
      row_ = remembered_[--remembered_count_];
      return true;
    case kDefCfa:
      row_.cfa = Cfa::kRegister;
      row_.cfa_register = at.uleb();
      row_.cfa_offset = static_cast<int64_t>(at.uleb());
      return true;
    case kDefCfaSf:
      row_.cfa = Cfa::kRegister;
      row_.cfa_register = at.uleb();
      row_.cfa_offset = scaled(static_cast<uint64_t>(at.sleb()), cie_.data_align);
      return true;
    case kDefCfaRegister:
      row_.cfa_register = at.uleb();
      return row_.cfa == Cfa::kRegister;
    case kDefCfaOffset:
      row_.cfa_offset = static_cast<int64_t>(at.uleb());
      return row_.cfa == Cfa::kRegister;
    case kDefCfaOffsetSf:
      row_.cfa_offset = scaled(static_cast<uint64_t>(at.sleb()), cie_.data_align);
      return row_.cfa == Cfa::kRegister;
    case kDefCfaExpression:
      set_cfa_expression(at.slice(at.uleb()));
      return true;
    case kGnuArgsSize:
      at.uleb();
      return true;
    case kNegateReturnState:
      return numbers_ == kAarch64Registers;
    default:
      return false;
  }
}

bool CfaProgram::advance(uint64_t delta, uint64_t& location, uint64_t pc, bool& past) {
  location += delta * cie_.code_align;
  past = location > pc;
  return true;
}

void CfaProgram::save(uint64_t reg, Saved where, int64_t offset) {
  if (reg == numbers_.fp) {
    row_.rbp = where;
    row_.rbp_offset = offset;
  } else if (reg == cie_.return_register) {
    row_.ra = where;
    row_.ra_offset = offset;
  }
}

void CfaProgram::restore(uint64_t reg) {
  if (reg == numbers_.fp) {
    row_.rbp = initial_.rbp;
    row_.rbp_offset = initial_.rbp_offset;
  } else if (reg == cie_.return_register) {
    row_.ra = initial_.ra;
    row_.ra_offset = initial_.ra_offset;
  }
}

void CfaProgram::set_cfa_expression(ByteCursor expression) {
  row_.cfa = Cfa::kComplex;
  if (numbers_ != kX86Registers) return;
  const uint8_t* bytes = expression.at();
  if (expression.left() == sizeof kPltExpression) {
    const uint8_t first_pushed = static_cast<uint8_t>(bytes[kPltLiteralAt] - kOpLit0);
    for (unsigned i = 0; i < sizeof kPltExpression; ++i) {
      if (i != kPltLiteralAt && bytes[i] != kPltExpression[i]) return;
    }
    if (first_pushed < 1 || first_pushed > 15) return;
    row_.cfa = Cfa::kPlt;
    row_.cfa_register = first_pushed;
    return;
  }
  if (expression.fixed<uint8_t>() != kOpBregRbp) return;
  const int64_t offset = expression.sleb();
  if (expression.fixed<uint8_t>() != kOpDeref || expression.more() || !expression.ok()) return;
  row_.cfa = Cfa::kDrap;
  row_.cfa_offset = offset;
}

void CfaProgram::save_by_expression(uint64_t reg, ByteCursor expression) {
  const bool at_rbp = numbers_ == kX86Registers && expression.fixed<uint8_t>() == kOpBregRbp &&
                      expression.sleb() == 0 && expression.ok() && !expression.more();
  save(reg, at_rbp ? Saved::kAtRbp : Saved::kComplex);
}

Rule CfaProgram::rule() const {
  if (row_.ra == Saved::kUndefined) return Rule::outermost();
  if (row_.ra != Saved::kAtCfa || row_.ra_offset != -8) return Rule::complex();

  uint64_t slot = 0;
  if (row_.rbp == Saved::kAtCfa) {
    if (row_.rbp_offset % 8 != 0 || row_.rbp_offset >= 0) return Rule::complex();
    slot = (uint64_t{0} - static_cast<uint64_t>(row_.rbp_offset)) / 8;
    if (slot > Rule::kMaxSlot) return Rule::complex();
  } else if (row_.rbp == Saved::kComplex) {
    return Rule::complex();
  }
  if ((row_.rbp == Saved::kAtRbp) && row_.cfa != Cfa::kDrap) return Rule::complex();

  switch (row_.cfa) {
    case Cfa::kRegister: {
      const auto offset = static_cast<uint64_t>(row_.cfa_offset);
      if (offset % 8 != 0 || offset > Rule::kMaxOffset) return Rule::complex();
      if (row_.cfa_register == kX86Registers.sp) return {RuleKind::kRsp, offset, slot};
      if (row_.cfa_register == kX86Registers.fp) return {RuleKind::kRbp, offset, slot};
      return Rule::complex();
    }
    case Cfa::kPlt:
      return slot == 0 ? Rule{RuleKind::kPlt, 0, row_.cfa_register} : Rule::complex();
    case Cfa::kDrap: {
      const uint64_t below = uint64_t{0} - static_cast<uint64_t>(row_.cfa_offset);
      if (below % 8 != 0 || below > Rule::kMaxOffset || slot != 0) return Rule::complex();
      return {RuleKind::kDrap, below, row_.rbp == Saved::kAtRbp ? 1u : 0u};
    }
    case Cfa::kComplex:
      break;
  }
  return Rule::complex();
}

bool CfaProgram::frame(InterruptedFrame& frame) const {
  const auto is_known = [](Saved where) {
    return where == Saved::kNowhere || where == Saved::kAtCfa;
  };
  const bool from_fp = row_.cfa_register == numbers_.fp;
  if (row_.cfa != Cfa::kRegister || (!from_fp && row_.cfa_register != numbers_.sp) ||
      !is_known(row_.ra) || !is_known(row_.rbp)) {
    return false;
  }
  frame = {.cfa_from_fp = from_fp,
           .return_saved = row_.ra == Saved::kAtCfa,
           .fp_saved = row_.rbp == Saved::kAtCfa,
           .cfa_offset = static_cast<uint64_t>(row_.cfa_offset),
           .return_offset = static_cast<uint64_t>(row_.ra_offset),
           .fp_offset = static_cast<uint64_t>(row_.rbp_offset)};
  return true;
}

}  // namespace dbgtrace::hooks::stack
