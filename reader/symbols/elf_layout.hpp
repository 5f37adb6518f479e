// SPDX-License-Identifier: Apache-2.0
// What a debugger asks of a program's headers to find its way about a running image: where its
// entry, its program headers and its dynamic section lie. Addresses are the file's own.
#pragma once

#include <cstdint>
#include <optional>

#include "reader/symbols/module_key.hpp"

namespace dbgtrace::reader::symbols {

struct ElfLayout {
  uint64_t entry = 0;
  uint64_t program_headers = 0;  // address; 0: in no segment
  uint64_t program_header_count = 0;
  uint64_t dynamic = 0;      // address of the dynamic section, 0: there is none
  uint64_t debug_entry = 0;  // address of its DT_DEBUG, 0: there is none
};

// None if the file is not at hand or is no ELF file of 64 bits.
std::optional<ElfLayout> elf_layout(const ModuleKey& key, const SearchPaths& search);

}  // namespace dbgtrace::reader::symbols
