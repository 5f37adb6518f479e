// SPDX-License-Identifier: Apache-2.0
// Index three: the functions of one compilation unit and what was inlined into them, by address.
// One walk over the unit replaces libdw's scope search, which walks it for every address.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <vector>

#include "reader/symbols/address_map.hpp"
#include "reader/symbols/range_reader.hpp"

namespace dbgtrace::reader::symbols {

class DieIndex {
 public:
  struct Scope {
    Dwarf_Die die;
    uint32_t outer;  // the scope that this one was inlined into; AddressMap::kNone: a function
  };

  DieIndex(Dwarf_Die unit, RangeReader& ranges);

  // The innermost scope over this address, or kNone. Addresses are ELF addresses.
  uint32_t find(uint64_t elf_address) const { return by_address_.find(elf_address); }
  Dwarf_Die& die(uint32_t scope) { return scopes_[scope].die; }
  uint32_t outer(uint32_t scope) const { return scopes_[scope].outer; }

  // "app::Session::" for a function that is declared there; empty at the top of the unit, and for
  // one whose declaration lies in another unit.
  std::string qualifier(Dwarf_Die function) const;
  // What the functions cover: for units that do not say it themselves.
  const std::vector<RangeReader::Range>& functions() const { return functions_; }

 private:
  void walk(Dwarf_Die unit, RangeReader& ranges);
  uint32_t add(Dwarf_Die& die, uint32_t outer, bool inlined, RangeReader& ranges);

  struct Space {  // a namespace or a type
    Dwarf_Die die;
    uint32_t outer;
  };
  struct Declaration {
    const void* address;  // ascending, as the walk goes
    uint32_t space;
  };
  std::vector<Scope> scopes_;
  std::vector<Space> spaces_;
  std::vector<Declaration> declarations_;
  std::vector<RangeReader::Range> functions_;
  AddressMap by_address_;
};

}  // namespace dbgtrace::reader::symbols
