// SPDX-License-Identifier: Apache-2.0
// Index one: the function symbols of a module by address. libdwfl's own search by address walks
// the whole table for every question; this one is built once and searched by bisection.
#pragma once

#include <cstdint>
#include <vector>

#include "reader/symbols/address_map.hpp"
#include "reader/symbols/elf_module.hpp"

namespace dbgtrace::reader::symbols {

class SymbolTable {
 public:
  // The names stay the module's: it must outlive the table.
  explicit SymbolTable(const ElfModule& module);

  // The linker name of the function over this address; null if there is none.
  const char* find(uint64_t elf_address) const;

 private:
  std::vector<const char*> names_;
  AddressMap by_address_;
};

}  // namespace dbgtrace::reader::symbols
