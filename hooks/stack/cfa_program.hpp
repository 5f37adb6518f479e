// SPDX-License-Identifier: Apache-2.0
// Runs the call frame instructions of one function up to one pc and condenses the row that is in
// force there into a Rule (x86-64), or says where an interrupted function keeps what its caller
// needs (aarch64). Only CFA, frame pointer and return address are followed.
#pragma once

#include <cstdint>

#include "hooks/stack/byte_cursor.hpp"
#include "hooks/stack/rule.hpp"

namespace dbgtrace::hooks::stack {

// What a common information entry says to all functions that refer to it.
struct Cie {
  uint64_t code_align = 1;
  int64_t data_align = 1;
  uint64_t return_register = 16;
  uint8_t pointer_encoding = 0;
  bool has_augmentation_data = false;
  bool is_signal_frame = false;
};

// How a machine numbers its registers in call frame information.
struct RegisterNumbers {
  uint64_t fp;
  uint64_t sp;
  bool call_pushes;  // the return address; else it is in a register at first

  bool operator==(const RegisterNumbers&) const = default;
};
inline constexpr RegisterNumbers kX86Registers{6, 7, true};
inline constexpr RegisterNumbers kAarch64Registers{29, 31, false};

// Where the caller's registers are, seen from interrupted code.
struct InterruptedFrame {
  bool cfa_from_fp;        // else from sp
  bool return_saved;       // else in the link register
  bool fp_saved;           // else unchanged
  uint64_t cfa_offset;     // all offsets: to be added, and they may wrap
  uint64_t return_offset;  // from the CFA
  uint64_t fp_offset;
};

// Thread-safety: one thread. Signal-safety: yes. Allocates: never (300 bytes of stack).
class CfaProgram {
 public:
  CfaProgram(const Cie& cie, const RegisterNumbers& numbers) : cie_(cie), numbers_(numbers) {
    if (!numbers.call_pushes) row_.ra = Saved::kNowhere;
  }

  // The initial instructions first (start = pc), then the function's own (start = its first pc).
  void run_initial(ByteCursor instructions);
  void run(ByteCursor instructions, uint64_t start, uint64_t pc);

  Rule rule() const;
  // False: the row is complex, or the outermost frame's.
  bool frame(InterruptedFrame& frame) const;

 private:
  enum class Cfa : uint8_t { kRegister, kPlt, kDrap, kComplex };
  enum class Saved : uint8_t { kNowhere, kAtCfa, kAtRbp, kUndefined, kComplex };
  struct Row {
    Cfa cfa = Cfa::kComplex;
    uint64_t cfa_register = 0;  // of kPlt: the byte from which on the stub has pushed
    int64_t cfa_offset = 0;
    Saved rbp = Saved::kNowhere;
    int64_t rbp_offset = 0;
    Saved ra = Saved::kComplex;
    int64_t ra_offset = 0;
  };

  // False: an instruction that is unknown, or cut; the row is complex then.
  bool step(ByteCursor& at, uint64_t& location, uint64_t pc, bool& past);
  bool step_extended(uint8_t opcode, ByteCursor& at, uint64_t& location, uint64_t pc, bool& past);
  bool advance(uint64_t delta, uint64_t& location, uint64_t pc, bool& past);
  void save(uint64_t reg, Saved where, int64_t offset = 0);
  void restore(uint64_t reg);
  void set_cfa_expression(ByteCursor expression);
  void save_by_expression(uint64_t reg, ByteCursor expression);

  static constexpr unsigned kMaxRemembered = 8;

  const Cie& cie_;
  const RegisterNumbers& numbers_;
  Row row_;
  Row initial_;
  Row remembered_[kMaxRemembered];
  unsigned remembered_count_ = 0;
};

}  // namespace dbgtrace::hooks::stack
