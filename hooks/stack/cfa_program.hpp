// SPDX-License-Identifier: Apache-2.0
// Runs the call frame instructions of one function up to one pc and condenses the row that is in
// force there into a Rule. Only CFA, rbp and the return address are followed; x86-64 numbering.
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

// Thread-safety: one thread. Signal-safety: yes. Allocates: never (300 bytes of stack).
class CfaProgram {
 public:
  explicit CfaProgram(const Cie& cie) : cie_(cie) {}

  // The initial instructions first (start = pc), then the function's own (start = its first pc).
  void run_initial(ByteCursor instructions);
  void run(ByteCursor instructions, uint64_t start, uint64_t pc);

  Rule rule() const;

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
  Row row_;
  Row initial_;
  Row remembered_[kMaxRemembered];
  unsigned remembered_count_ = 0;
};

}  // namespace dbgtrace::hooks::stack
