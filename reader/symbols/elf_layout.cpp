// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/elf_layout.hpp"

#include <gelf.h>

#include <cstring>
#include <memory>
#include <utility>

#include "reader/symbols/module_file.hpp"

namespace dbgtrace::reader::symbols {
namespace {

constexpr size_t kMostHeaders = 4096;

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

uint64_t find_debug_entry(Elf* elf, const GElf_Phdr& dynamic) {
  Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<int64_t>(dynamic.p_offset),
                                        dynamic.p_filesz, ELF_T_DYN);
  if (data == nullptr) return 0;
  for (size_t i = 0; i < data->d_size / sizeof(Elf64_Dyn) && i < kMostHeaders; ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_DEBUG) return dynamic.p_vaddr + i * sizeof(Elf64_Dyn);
  }
  return 0;
}

}  // namespace

std::optional<ElfLayout> elf_layout(const ModuleKey& key, const SearchPaths& search) {
  const ModuleFile file = find_module_file(key, search);
  if (!file.fd) return std::nullopt;
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, ElfEnd> elf(elf_begin(file.fd.get(), ELF_C_READ_MMAP, nullptr));
  GElf_Ehdr header;
  size_t count = 0;
  if (!elf || gelf_getclass(elf.get()) != ELFCLASS64 ||
      gelf_getehdr(elf.get(), &header) == nullptr || elf_getphdrnum(elf.get(), &count) != 0) {
    return std::nullopt;
  }
  ElfLayout layout;
  layout.entry = header.e_entry;
  layout.program_header_count = count;
  for (size_t i = 0; i < std::min(count, kMostHeaders); ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type == PT_LOAD && header.e_phoff >= segment.p_offset &&
        header.e_phoff - segment.p_offset < segment.p_filesz) {
      layout.program_headers = segment.p_vaddr + (header.e_phoff - segment.p_offset);
    }
    if (segment.p_type != PT_DYNAMIC) continue;
    layout.dynamic = segment.p_vaddr;
    layout.debug_entry = find_debug_entry(elf.get(), segment);
  }
  return layout;
}

}  // namespace dbgtrace::reader::symbols
