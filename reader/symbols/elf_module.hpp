// SPDX-License-Identifier: Apache-2.0
// One module opened through libdwfl at bias 0, so that every address is the ELF file's own. libdwfl
// knows what to read: debug information in the file or in the one found for it, dwz and .dwo
// supplements, and the symbols of .symtab, .gnu_debugdata or .dynsym.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reader/symbols/module_file.hpp"

namespace dbgtrace::reader::symbols {

// Where code can lie. The linker leaves symbols and DIEs of discarded functions behind at invented
// addresses; what does not begin in an executable segment is one of those, or hostile.
class CodeRanges {
 public:
  void add(uint64_t low, uint64_t high) { ranges_.push_back({low, high}); }
  // False if low is not code; else high is cut to the end of its segment.
  bool clip(uint64_t low, uint64_t& high) const;

 private:
  struct Range {
    uint64_t low;
    uint64_t high;
  };
  std::vector<Range> ranges_;
};

// Not movable: libdwfl keeps pointers into it.
class ElfModule {
 public:
  // The file with its debug file, if there is one.
  explicit ElfModule(ModuleFile file);
  ~ElfModule();
  ElfModule(const ElfModule&) = delete;
  ElfModule& operator=(const ElfModule&) = delete;

  // Null if libdwfl refuses the file; problem() then says why.
  Dwfl_Module* handle() const { return module_; }
  const CodeRanges& code() const { return code_; }
  // Null if there is none. An address of libdw's is an ELF address minus the bias.
  Dwarf* dwarf(uint64_t& bias);
  // Why names are missing, or empty. Opens all there is.
  std::string problem();

 private:
  void read_segments(Elf* elf);
  static int hand_out_debug_file(Dwfl_Module*, void** user_data, const char* name, Dwarf_Addr base,
                                 const char* file_name, const char* link, GElf_Word checksum,
                                 char** found_name);

  std::string path_;
  FileDescriptor debug_fd_;  // until libdwfl asks for it
  Dwfl_Callbacks callbacks_{};
  Dwfl* session_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  CodeRanges code_;
  std::string refusal_;
};

}  // namespace dbgtrace::reader::symbols
