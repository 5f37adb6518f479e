// SPDX-License-Identifier: Apache-2.0
// The list of units, and the steps from an address to names, files and lines.
#include "reader/symbols/dwarf_index.hpp"

#include <dwarf.h>

namespace dbgtrace::reader::symbols {
namespace {

const char* string_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  if (dwarf_attr_integrate(&die, attribute, &found) == nullptr) return nullptr;
  return dwarf_formstring(&found);
}

void set_names(Dwarf_Die& die, Location& location) {
  location.linkage_name = string_of(die, DW_AT_linkage_name);
  if (location.linkage_name == nullptr) {
    location.linkage_name = string_of(die, DW_AT_MIPS_linkage_name);
  }
  location.name = string_of(die, DW_AT_name);
}

uint64_t number_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_attr(&die, attribute, &found) == nullptr) return 0;
  return dwarf_formudata(&found, &value) == 0 ? value : 0;
}

// Where an inlined function was called: the place of the frame around it.
void set_call_site(Dwarf_Die& inlined, Dwarf_Die& unit, Location& location) {
  location.line = static_cast<unsigned>(number_of(inlined, DW_AT_call_line));
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_getsrcfiles(&unit, &files, &count) != 0) return;
  const uint64_t index = number_of(inlined, DW_AT_call_file);
  if (index < count) location.file = dwarf_filesrc(files, index, nullptr, nullptr);
}

void set_line(Dwarf_Die& unit, Dwarf_Addr address, Location& location) {
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  int number = 0;
  if (line == nullptr) return;
  if (dwarf_lineno(line, &number) == 0 && number > 0) location.line = number;
  location.file = dwarf_linesrc(line, nullptr, nullptr);
}

}  // namespace

DwarfIndex::DwarfIndex(ElfModule& module) : ranges_(module.code()) {
  uint64_t bias = 0;
  Dwarf* dwarf = module.dwarf(bias);
  if (dwarf == nullptr) return;
  ranges_.start(dwarf, bias);
  Dwarf_CU* unit = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die;
  uint8_t type = 0;
  // A damaged unit ends the list: the earlier ones stay.
  while (dwarf_get_units(dwarf, unit, &next, nullptr, &type, &die, nullptr) == 0) {
    unit = next;
    if (type == DW_UT_compile || type == DW_UT_skeleton) add_unit(unit, type, die);
  }
  by_address_.seal();
}

void DwarfIndex::add_unit(Dwarf_CU* unit, uint8_t type, Dwarf_Die die) {
  Dwarf_Die tree = die;
  if (type == DW_UT_skeleton) {
    Dwarf_Die split;
    const bool has_split =
        dwarf_cu_info(unit, nullptr, nullptr, nullptr, &split, nullptr, nullptr, nullptr) == 0;
    if (has_split && split.addr != nullptr) tree = split;
  }
  const auto index = static_cast<uint32_t>(units_.size());
  units_.push_back({die, tree, nullptr});
  std::vector<RangeReader::Range> covered = ranges_.read(die);
  if (covered.empty()) covered = scopes_of(units_.back()).functions();
  for (const RangeReader::Range& range : covered) by_address_.add(range.low, range.high, index);
  if (covered.empty()) units_.pop_back();
}

DieIndex& DwarfIndex::scopes_of(Unit& unit) {
  if (!unit.scopes) unit.scopes = std::make_unique<DieIndex>(unit.tree, ranges_);
  return *unit.scopes;
}

std::vector<Location> DwarfIndex::find(uint64_t elf_address) {
  const uint32_t index = by_address_.find(elf_address);
  if (index == AddressMap::kNone) return {};
  Unit& unit = units_[index];
  std::vector<Location> chain(1);
  const char* folder = string_of(unit.die, DW_AT_comp_dir);
  set_line(unit.die, elf_address - ranges_.bias(), chain.back());
  DieIndex& scopes = scopes_of(unit);
  uint32_t scope = scopes.find(elf_address);
  while (scope != AddressMap::kNone) {
    Dwarf_Die& die = scopes.die(scope);
    set_names(die, chain.back());
    if (chain.back().linkage_name == nullptr) chain.back().qualifier = scopes.qualifier(die);
    scope = scopes.outer(scope);
    if (scope == AddressMap::kNone) break;
    chain.emplace_back();
    set_call_site(die, unit.tree, chain.back());
  }
  for (Location& location : chain) location.folder = folder;
  return chain;
}

}  // namespace dbgtrace::reader::symbols
