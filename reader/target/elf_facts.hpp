// SPDX-License-Identifier: Apache-2.0
// What an executable says of itself, as far as it decides whether a preloaded library can record
// it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dbgtrace::reader::target {

struct ElfFacts {
  bool is_elf = false;
  uint16_t machine = 0;     // EM_X86_64
  uint8_t word_bits = 0;    // 32 or 64
  bool is_dynamic = false;  // has an interpreter, which loads libraries
  std::string interpreter;  // the loader
  std::vector<std::string> needed;
  bool searches_elsewhere = false;  // DT_RPATH or DT_RUNPATH
  bool defines_malloc = false;      // and exports it: other objects are bound to it
  bool is_go = false;
  std::string sanitizer;  // "AddressSanitizer"; empty: none that owns malloc
};

ElfFacts read_elf_facts(const std::string& path);

// "x86-64", "aarch64", "i386", or the number.
std::string machine_name(uint16_t machine, uint8_t word_bits);

}  // namespace dbgtrace::reader::target
