// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/eh_frame.hpp"

#include <cstring>

#include "hooks/stack/byte_cursor.hpp"
#include "hooks/stack/cfa_program.hpp"

namespace dbgtrace::hooks::stack {
namespace {

constexpr uint8_t kUdata4 = 0x03;
constexpr uint8_t kSortedDatarelSdata4 = 0x3b;  // what every linker writes

const uint8_t* bytes_at(uintptr_t address) { return reinterpret_cast<const uint8_t*>(address); }

struct TableRow {
  uintptr_t start = 0;
  uintptr_t fde = 0;  // 0: the table starts above the pc, or is not usable
};

// The last function that starts at or below the pc.
TableRow find_row(const CodeObject& object, uintptr_t pc) {
  const uintptr_t hdr = object.eh_frame_hdr;
  if (hdr < object.cfi_start || hdr >= object.cfi_end) return {};
  ByteCursor at(bytes_at(hdr), bytes_at(object.cfi_end));
  const auto version = at.fixed<uint8_t>();
  const auto frame_encoding = at.fixed<uint8_t>();
  const auto count_encoding = at.fixed<uint8_t>();
  const auto table_encoding = at.fixed<uint8_t>();
  at.encoded_size_only(frame_encoding);
  const uint64_t count = at.fixed<uint32_t>();
  if (!at.ok() || version != 1 || count_encoding != kUdata4 ||
      table_encoding != kSortedDatarelSdata4 || count > at.left() / 8) {
    return {};
  }
  const uint8_t* table = at.at();
  const auto field = [&](uint64_t index, unsigned offset) {
    int32_t value;
    std::memcpy(&value, table + index * 8 + offset, sizeof value);
    return hdr + static_cast<uintptr_t>(intptr_t{value});
  };
  uint64_t low = 0;
  uint64_t high = count;
  while (low < high) {  // the first function that starts above the pc
    const uint64_t middle = (low + high) / 2;
    if (field(middle, 0) <= pc) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return {};
  return {field(low - 1, 0), field(low - 1, 4)};
}

// A cursor over one entry, behind its length; empty if it does not lie in the object.
ByteCursor entry_at(const CodeObject& object, uintptr_t address) {
  const ByteCursor none(nullptr, nullptr);
  if (address < object.cfi_start || address >= object.cfi_end) return none;
  ByteCursor at(bytes_at(address), bytes_at(object.cfi_end));
  uint64_t length = at.fixed<uint32_t>();
  if (length == UINT32_MAX) length = at.fixed<uint64_t>();
  return at.slice(length);
}

// Returns where the initial instructions stand.
bool parse_cie(const CodeObject& object, uintptr_t address, Cie& cie, ByteCursor& at) {
  at = entry_at(object, address);
  if (at.left() == 0 || at.fixed<uint32_t>() != 0) return false;
  const auto version = at.fixed<uint8_t>();
  if (version != 1 && version != 3) return false;
  const char* augmentation = reinterpret_cast<const char*>(at.at());
  const size_t length = strnlen(augmentation, at.left());
  at.skip(length + 1);
  if (!at.ok()) return false;
  cie.code_align = at.uleb();
  cie.data_align = at.sleb();
  cie.return_register = version == 1 ? at.fixed<uint8_t>() : at.uleb();
  if (length == 0) return at.ok();
  if (augmentation[0] != 'z') return false;
  cie.has_augmentation_data = true;
  ByteCursor data = at.slice(at.uleb());
  for (size_t i = 1; i < length; ++i) {
    switch (augmentation[i]) {
      case 'R':
        cie.pointer_encoding = data.fixed<uint8_t>();
        break;
      case 'L':
        data.fixed<uint8_t>();
        break;
      case 'P':
        data.encoded_size_only(data.fixed<uint8_t>());
        break;
      case 'S':
        cie.is_signal_frame = true;
        break;
      default:
        return false;
    }
  }
  return at.ok() && data.ok();
}

enum class Found { kNothing, kSignalFrame, kRow };

// Runs the program of the function that holds the pc, up to there.
Found run_program(const CodeObject& object, uintptr_t pc, Cie& cie, CfaProgram& program) {
  const TableRow row = find_row(object, pc);
  if (row.fde == 0) return Found::kNothing;
  ByteCursor fde = entry_at(object, row.fde);
  const auto cie_field = reinterpret_cast<uintptr_t>(fde.at());
  const auto cie_distance = fde.fixed<uint32_t>();
  if (!fde.ok() || cie_distance == 0) return Found::kNothing;

  ByteCursor initial(nullptr, nullptr);
  if (!parse_cie(object, cie_field - cie_distance, cie, initial)) return Found::kNothing;
  const uint64_t start = fde.encoded(cie.pointer_encoding);
  const uint64_t length = fde.encoded(cie.pointer_encoding & 0x0f);
  if (cie.has_augmentation_data) fde.skip(fde.uleb());
  if (!fde.ok() || pc < start || pc - start >= length) return Found::kNothing;
  if (cie.is_signal_frame) return Found::kSignalFrame;
  program.run_initial(initial);
  program.run(fde, start, pc);
  return Found::kRow;
}

}  // namespace

Rule rule_from_eh_frame(const CodeObject& object, uintptr_t pc) {
  Cie cie;
  CfaProgram program(cie, kX86Registers);
  switch (run_program(object, pc, cie, program)) {
    case Found::kSignalFrame:
      return {RuleKind::kSigframe, 0, 0};
    case Found::kRow:
      return program.rule();
    case Found::kNothing:
      break;
  }
  return Rule::no_cfi();
}

bool interrupted_frame(const CodeObject& object, uintptr_t pc, InterruptedFrame& frame) {
  Cie cie;
  CfaProgram program(cie, kAarch64Registers);
  return run_program(object, pc, cie, program) == Found::kRow && program.frame(frame);
}

bool starts_function(const CodeObject& object, uintptr_t pc) {
  const TableRow row = find_row(object, pc);
  return row.fde != 0 && row.start == pc;
}

}  // namespace dbgtrace::hooks::stack
