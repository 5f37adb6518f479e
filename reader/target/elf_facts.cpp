// SPDX-License-Identifier: Apache-2.0
#include "reader/target/elf_facts.hpp"

#include <fmt/format.h>
#include <gelf.h>

#include <array>
#include <memory>
#include <string_view>

#include "reader/symbols/regular_file.hpp"

namespace dbgtrace::reader::target {
namespace {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

struct Sanitizer {
  std::string_view library;  // part of its name
  std::string_view symbol;   // where it is linked into the program
  const char* name;
};
constexpr std::array kSanitizers = {
    Sanitizer{"libasan.", "__asan_init", "AddressSanitizer"},
    Sanitizer{"libclang_rt.asan", "__asan_init", "AddressSanitizer"},
    Sanitizer{"libhwasan.", "__hwasan_init", "HWAddressSanitizer"},
    Sanitizer{"libtsan.", "__tsan_init", "ThreadSanitizer"},
    Sanitizer{"libclang_rt.tsan", "__tsan_init", "ThreadSanitizer"},
    Sanitizer{"libclang_rt.msan", "__msan_init", "MemorySanitizer"},
};

void read_dynamic(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& facts) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  GElf_Dyn entry;
  for (int i = 0; i < count && gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    if (entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH) facts.searches_elsewhere = true;
    if (entry.d_tag != DT_NEEDED) continue;
    const char* name = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    if (name == nullptr) continue;
    facts.needed.emplace_back(name);
    for (const Sanitizer& known : kSanitizers) {
      if (facts.needed.back().find(known.library) != std::string::npos) {
        facts.sanitizer = known.name;
      }
    }
  }
}

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, ElfFacts& facts) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  GElf_Sym symbol;
  for (int i = 0; i < count && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    if (symbol.st_shndx == SHN_UNDEF) continue;
    const char* text = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (text == nullptr) continue;
    const std::string_view name(text);
    if (name == "malloc") facts.defines_malloc = true;
    for (const Sanitizer& known : kSanitizers) {
      if (name == known.symbol) facts.sanitizer = known.name;
    }
  }
}

void read_segments(Elf* elf, ElfFacts& facts) {
  size_t count = 0, file_bytes = 0;
  const char* file = elf_rawfile(elf, &file_bytes);
  if (elf_getphdrnum(elf, &count) != 0 || file == nullptr) return;
  GElf_Phdr segment;
  for (int i = 0; i < static_cast<int>(count) && gelf_getphdr(elf, i, &segment) != nullptr; ++i) {
    if (segment.p_type != PT_INTERP || segment.p_offset >= file_bytes) continue;
    const std::string_view rest(file + segment.p_offset, file_bytes - segment.p_offset);
    facts.is_dynamic = true;
    facts.interpreter = rest.substr(0, std::min<size_t>(rest.find('\0'), 4096));
  }
}

}  // namespace

ElfFacts read_elf_facts(const std::string& path) {
  ElfFacts facts;
  std::string why;
  const symbols::FileDescriptor fd = symbols::open_regular(path, why);
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, ElfEnd> elf(fd ? elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr)
                                            : nullptr);
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return facts;
  }
  facts.is_elf = true;
  facts.machine = header.e_machine;
  facts.word_bits = header.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
  read_segments(elf.get(), facts);
  size_t names = 0;
  elf_getshdrstrndx(elf.get(), &names);
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr entry;
    if (gelf_getshdr(section, &entry) == nullptr) continue;
    const char* name = elf_strptr(elf.get(), names, entry.sh_name);
    if (name != nullptr && std::string_view(name) == ".go.buildinfo") facts.is_go = true;
    if (entry.sh_type == SHT_DYNAMIC) read_dynamic(elf.get(), section, entry, facts);
    if (entry.sh_type == SHT_DYNSYM) read_symbols(elf.get(), section, entry, facts);
  }
  return facts;
}

std::string machine_name(uint16_t machine, uint8_t word_bits) {
  switch (machine) {
    case EM_X86_64:
      return word_bits == 32 ? "x32" : "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return word_bits == 32 ? "riscv32" : "riscv64";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return fmt::format("machine {}", machine);
  }
}

}  // namespace dbgtrace::reader::target
