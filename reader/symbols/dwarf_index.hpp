// SPDX-License-Identifier: Apache-2.0
// Index two: the compilation units of a module by address, from the units' own ranges, because
// clang and rustc write no .debug_aranges. Answers an address with its inline chain and lines.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reader/symbols/address_map.hpp"
#include "reader/symbols/die_index.hpp"
#include "reader/symbols/elf_module.hpp"
#include "reader/symbols/range_reader.hpp"

namespace dbgtrace::reader::symbols {

// Strings are libdw's and live as long as the module; null or 0 is unknown.
struct Location {
  const char* linkage_name = nullptr;
  const char* name = nullptr;
  std::string qualifier;  // goes before name; only if there is no linkage name
  const char* file = nullptr;
  const char* folder = nullptr;  // the compiler's, for a relative file
  unsigned line = 0;
};

class DwarfIndex {
 public:
  // The module must outlive the index.
  explicit DwarfIndex(ElfModule& module);

  // Innermost first; the last one is the function that the others were inlined into. Empty: no
  // unit covers the address.
  std::vector<Location> find(uint64_t elf_address);

 private:
  struct Unit {
    Dwarf_Die die;                     // has the line table
    Dwarf_Die tree;                    // has the functions: another one if they lie in a .dwo file
    std::unique_ptr<DieIndex> scopes;  // made at the first question
  };
  DieIndex& scopes_of(Unit& unit);
  void add_unit(Dwarf_CU* unit, uint8_t type, Dwarf_Die die);

  RangeReader ranges_;
  std::vector<Unit> units_;
  AddressMap by_address_;
};

}  // namespace dbgtrace::reader::symbols
