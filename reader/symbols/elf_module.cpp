// SPDX-License-Identifier: Apache-2.0
// The session with libdwfl. It is given one module only, since modules of one session may not
// overlap and all of ours begin near address 0.
#include "reader/symbols/elf_module.hpp"

#include <cstring>

namespace dbgtrace::reader::symbols {
namespace {

// Real programs have one or two. Each lookup walks them, so a hostile file gets no more.
constexpr size_t kMaxCodeRanges = 64;

bool has_section(Elf* elf, GElf_Word type, const char* name) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return false;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == type) return true;
    const char* own_name = elf_strptr(elf, names, header.sh_name);
    if (own_name != nullptr && std::strcmp(own_name, name) == 0) return true;
  }
  return false;
}

}  // namespace

bool CodeRanges::clip(uint64_t low, uint64_t& high) const {
  for (const Range& range : ranges_) {
    // Address 0 is code in no file with an ELF header in its first segment: a tombstone.
    if (low != 0 && low >= range.low && low < range.high) {
      if (high > range.high) high = range.high;
      return low < high;
    }
  }
  return false;
}

ElfModule::ElfModule(ModuleFile file)
    : path_(std::move(file.path)), debug_fd_(std::move(file.debug_fd)) {
  callbacks_.find_elf = dwfl_build_id_find_elf;
  callbacks_.find_debuginfo = hand_out_debug_file;
  callbacks_.section_address = dwfl_offline_section_address;

  session_ = dwfl_begin(&callbacks_);
  if (session_ == nullptr) {
    refusal_ = dwfl_errmsg(-1);
    return;
  }
  module_ = dwfl_report_elf(session_, path_.c_str(), path_.c_str(), file.fd.get(), 0, true);
  if (module_ == nullptr) {
    refusal_ = std::string("damaged: ") + dwfl_errmsg(-1);
    return;
  }
  file.fd.release();  // libdwfl's from now on
  dwfl_report_end(session_, nullptr, nullptr);
  void** user_data = nullptr;
  dwfl_module_info(module_, &user_data, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *user_data = this;
  GElf_Addr bias = 0;
  if (Elf* elf = dwfl_module_getelf(module_, &bias)) read_segments(elf);
}

ElfModule::~ElfModule() {
  if (session_ != nullptr) dwfl_end(session_);
}

void ElfModule::read_segments(Elf* elf) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return;
  size_t taken = 0;
  for (size_t i = 0; i < count && taken < kMaxCodeRanges; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) return;
    const uint64_t end = segment.p_vaddr + segment.p_memsz;
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (end <= segment.p_vaddr) continue;
    code_.add(segment.p_vaddr, end);
    ++taken;
  }
}

int ElfModule::hand_out_debug_file(Dwfl_Module*, void** user_data, const char*, Dwarf_Addr,
                                   const char*, const char*, GElf_Word, char**) {
  return static_cast<ElfModule*>(*user_data)->debug_fd_.release();
}

Dwarf* ElfModule::dwarf(uint64_t& bias) {
  Dwarf_Addr found_bias = 0;
  Dwarf* dwarf = module_ == nullptr ? nullptr : dwfl_module_getdwarf(module_, &found_bias);
  bias = found_bias;
  return dwarf;
}

std::string ElfModule::problem() {
  if (module_ == nullptr) return path_ + ": " + refusal_;
  uint64_t bias = 0;
  if (dwarf(bias) != nullptr) return {};
  GElf_Addr elf_bias = 0;
  Elf* elf = dwfl_module_getelf(module_, &elf_bias);
  if (elf == nullptr) return path_ + ": damaged: " + dwfl_errmsg(-1);
  if (has_section(elf, SHT_SYMTAB, ".gnu_debugdata")) return {};
  const char* debug_file = nullptr;
  dwfl_module_getsymtab(module_);
  dwfl_module_info(module_, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, &debug_file);
  if (debug_file != nullptr) return {};
  return path_ + ": stripped: only exported names are known; install its debug package, or name " +
         "the folder that holds its debug files";
}

}  // namespace dbgtrace::reader::symbols
