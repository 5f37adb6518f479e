// SPDX-License-Identifier: Apache-2.0
// Looks at no more of a file than it takes to tell what it is.
#include "reader/symbols/elf_file.hpp"

#include <elfutils/libdwelf.h>
#include <fmt/format.h>

#include <memory>

namespace dbgtrace::reader::symbols {
namespace {

constexpr size_t kMaxBuildIdBytes = 64;

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

// The section headers come last in nearly every file, and symbols can't be found without them.
bool is_cut_short(Elf* elf, const GElf_Ehdr& header) {
  size_t file_bytes = 0;
  if (elf_rawfile(elf, &file_bytes) == nullptr) return true;
  if (header.e_shoff == 0) return false;
  const uint64_t table_bytes = uint64_t{header.e_shnum} * header.e_shentsize;
  return header.e_shoff > file_bytes || file_bytes - header.e_shoff < table_bytes;
}

}  // namespace

bool is_build_id(const std::string& hex) {
  return hex.size() > 2 && hex.size() <= 2 * kMaxBuildIdBytes && hex.size() % 2 == 0 &&
         hex.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string build_id_of(Elf* elf) {
  const void* bits = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
  if (size <= 0 || static_cast<size_t>(size) > kMaxBuildIdBytes) return {};
  const auto* bytes = static_cast<const unsigned char*>(bits);
  std::string hex;
  for (ssize_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

std::string refusal_of(int fd, const std::string& build_id_hex) {
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, ElfEnd> elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return "not an ELF file, or its header is damaged";
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    return "neither a program nor a shared library";
  }
  if (is_cut_short(elf.get(), header)) return "damaged: the file is cut short";
  if (build_id_hex.empty()) return {};
  const std::string found = build_id_of(elf.get());
  if (found == build_id_hex) return {};
  return fmt::format(
      "build-id differs: it was replaced since; recorded {}, in the file {}; the recorded build's "
      "file or debug package is needed (--debug-dir)",
      build_id_hex, found.empty() ? "none" : found);
}

}  // namespace dbgtrace::reader::symbols
