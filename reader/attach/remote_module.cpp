// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/remote_module.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace dbgtrace::reader::attach {
namespace {

constexpr uint32_t kMaxHeaders = 64;
constexpr uint32_t kMaxDynamic = 512;
constexpr uint32_t kMaxChain = 4096;

}  // namespace

std::optional<RemoteModule> RemoteModule::at(const ProcessMemory& memory, uint64_t base) {
  const auto header = memory.load<Elf64_Ehdr>(base);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_phentsize != sizeof(Elf64_Phdr)) {
    return {};
  }
  std::vector<Elf64_Phdr> parts(std::min<uint32_t>(header->e_phnum, kMaxHeaders));
  if (!memory.read(base + header->e_phoff, std::as_writable_bytes(std::span(parts)))) return {};
  RemoteModule module(memory);
  bool has_load = false;
  uint64_t dynamic = 0;
  for (const Elf64_Phdr& part : parts) {
    if (part.p_type == PT_LOAD && !has_load) module.bias_ = base - (part.p_vaddr & ~uint64_t{4095});
    has_load |= part.p_type == PT_LOAD;
    if (part.p_type == PT_DYNAMIC) dynamic = part.p_vaddr;
  }
  if (!has_load || dynamic == 0) return {};
  for (uint32_t i = 0; i < kMaxDynamic; ++i) {
    const auto entry = memory.load<Elf64_Dyn>(module.bias_ + dynamic + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) break;
    const uint64_t address =
        entry->d_un.d_ptr < module.bias_ ? entry->d_un.d_ptr + module.bias_ : entry->d_un.d_ptr;
    if (entry->d_tag == DT_SYMTAB) module.symbols_ = address;
    if (entry->d_tag == DT_STRTAB) module.strings_ = address;
    if (entry->d_tag == DT_GNU_HASH) module.gnu_hash_ = address;
    if (entry->d_tag == DT_VERSYM) module.versions_ = address;
  }
  if (module.symbols_ == 0 || module.strings_ == 0 || module.gnu_hash_ == 0) return {};
  return module;
}

bool RemoteModule::is_named(uint32_t symbol, std::string_view name, RemoteSymbol& found) const {
  const auto entry = memory_->load<Elf64_Sym>(symbols_ + uint64_t{symbol} * sizeof(Elf64_Sym));
  if (!entry || entry->st_shndx == SHN_UNDEF || entry->st_value == 0) return false;
  constexpr uint16_t kHidden = 0x8000;  // not the default version
  if (versions_ != 0 &&
      (memory_->load<uint16_t>(versions_ + uint64_t{symbol} * 2).value_or(kHidden) & kHidden) != 0)
    return false;
  if (memory_->read_text(strings_ + entry->st_name, name.size() + 1) != name) return false;
  found = {bias_ + entry->st_value, entry->st_size};
  return true;
}

std::optional<RemoteSymbol> RemoteModule::find(std::string_view name) const {
  uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
  const auto counts = memory_->load<std::array<uint32_t, 4>>(gnu_hash_);
  if (!counts || (*counts)[0] == 0) return {};
  const uint64_t buckets = gnu_hash_ + 16 + uint64_t{(*counts)[2]} * 8;
  const uint64_t chain = buckets + uint64_t{(*counts)[0]} * 4;
  const uint32_t first = (*counts)[1];
  const auto start = memory_->load<uint32_t>(buckets + uint64_t{hash % (*counts)[0]} * 4);
  if (!start || *start < first) return {};
  for (uint32_t i = 0; i < kMaxChain; ++i) {
    const uint32_t symbol = *start + i;
    const auto link = memory_->load<uint32_t>(chain + uint64_t{symbol - first} * 4);
    if (!link) return {};
    RemoteSymbol found;
    if ((*link | 1) == (hash | 1) && is_named(symbol, name, found)) return found;
    if ((*link & 1) != 0) return {};
  }
  return {};
}

uint64_t base_of(const std::vector<Mapping>& mappings, std::string_view path) {
  const auto found = std::find_if(mappings.begin(), mappings.end(), [path](const Mapping& mapping) {
    return mapping.path == path && mapping.offset == 0;
  });
  return found == mappings.end() ? 0 : found->start;
}

}  // namespace dbgtrace::reader::attach
