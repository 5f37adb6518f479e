// SPDX-License-Identifier: Apache-2.0
// The walk over a unit's tree. It is in the order of the file, and every step must go forward: a
// damaged tree can point a sibling back into what was walked, and would else be walked for ever.
#include "reader/symbols/die_index.hpp"

#include <dwarf.h>

#include <algorithm>
#include <cstring>

namespace dbgtrace::reader::symbols {
namespace {

// libdw skips a DIE's subtree to find its sibling, so the cost is size times depth.
constexpr size_t kMaxDepth = 256;
constexpr size_t kMaxQualifierBytes = 4096;

bool is_space(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:  // Rust puts methods into the type that they belong to
      return true;
    default:
      return false;
  }
}

bool may_hold_code(int tag) {
  switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
      return true;
    default:
      return is_space(tag);
  }
}

// From a piece of code to the declaration that says where its function belongs.
Dwarf_Die declaration_of(Dwarf_Die die) {
  constexpr int kMaxSteps = 8;  // two are real, a circle is possible
  for (int i = 0; i < kMaxSteps; ++i) {
    Dwarf_Attribute reference;
    Dwarf_Die target;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &reference) == nullptr &&
        dwarf_attr(&die, DW_AT_specification, &reference) == nullptr) {
      break;
    }
    if (dwarf_formref_die(&reference, &target) == nullptr) break;
    die = target;
  }
  return die;
}

}  // namespace

DieIndex::DieIndex(Dwarf_Die unit, RangeReader& ranges) {
  walk(unit, ranges);
  by_address_.seal();
}

void DieIndex::walk(Dwarf_Die unit, RangeReader& ranges) {
  struct Level {
    Dwarf_Die die;
    uint32_t scope;  // the function and the
    uint32_t space;  // namespace that the DIEs of this level lie in
  };
  Level first{{}, AddressMap::kNone, AddressMap::kNone};
  if (dwarf_child(&unit, &first.die) != 0) return;
  std::vector<Level> levels{first};
  const void* last = nullptr;
  while (!levels.empty()) {
    Level& level = levels.back();
    if (last != nullptr && level.die.addr <= last) return;
    last = level.die.addr;
    const int tag = dwarf_tag(&level.die);
    Level inner{{}, level.scope, level.space};
    if (is_space(tag)) {
      inner.space = static_cast<uint32_t>(spaces_.size());
      spaces_.push_back({level.die, level.space});
    } else if (tag == DW_TAG_subprogram) {
      declarations_.push_back({level.die.addr, level.space});
      inner.space = AddressMap::kNone;
      inner.scope = add(level.die, AddressMap::kNone, false, ranges);
    } else if (tag == DW_TAG_inlined_subroutine) {
      inner.scope = add(level.die, level.scope, true, ranges);
    }
    if (may_hold_code(tag) && levels.size() < kMaxDepth &&
        dwarf_child(&level.die, &inner.die) == 0) {
      levels.push_back(inner);
      continue;
    }
    while (!levels.empty() && dwarf_siblingof(&levels.back().die, &levels.back().die) != 0) {
      levels.pop_back();
    }
  }
}

// Returns the scope that the DIE's children lie in.
uint32_t DieIndex::add(Dwarf_Die& die, uint32_t outer, bool inlined, RangeReader& ranges) {
  const auto scope = static_cast<uint32_t>(scopes_.size());
  const std::vector<RangeReader::Range> own = ranges.read(die);
  if (own.empty()) return outer;
  for (const RangeReader::Range& range : own) by_address_.add(range.low, range.high, scope);
  if (!inlined) functions_.insert(functions_.end(), own.begin(), own.end());
  scopes_.push_back({die, outer});
  return scope;
}

std::string DieIndex::qualifier(Dwarf_Die function) const {
  const void* address = declaration_of(function).addr;
  auto found = std::lower_bound(declarations_.begin(), declarations_.end(), address,
                                [](const Declaration& d, const void* a) { return d.address < a; });
  std::string result;
  if (found == declarations_.end() || found->address != address) return result;
  for (uint32_t i = found->space; i != AddressMap::kNone; i = spaces_[i].outer) {
    Dwarf_Die die = spaces_[i].die;
    const char* name = dwarf_diename(&die);
    const bool is_namespace = dwarf_tag(&die) == DW_TAG_namespace;
    const char* unnamed = is_namespace ? "(anonymous namespace)" : "(anonymous type)";
    if (name == nullptr) name = unnamed;
    result = std::string(name, strnlen(name, kMaxQualifierBytes)) + "::" + result;
    if (result.size() > kMaxQualifierBytes) break;
  }
  return result;
}

}  // namespace dbgtrace::reader::symbols
