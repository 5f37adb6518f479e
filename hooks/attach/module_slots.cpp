// SPDX-License-Identifier: Apache-2.0
#include "hooks/attach/module_slots.hpp"

#include <elf.h>

#include <cstring>

#include "hooks/attach/guarded_memory.hpp"

namespace dbgtrace::hooks::attach {
namespace {

constexpr uint32_t kMaxDynamic = 512;
constexpr uint64_t kMaxTableBytes = uint64_t{1} << 30;
constexpr uint32_t kMaxName = 64;  // none of ours is longer

constinit Window<16384> g_relocations;
constinit Windows<65536, 4> g_symbols;
constinit Windows<65536, 8> g_strings;
constinit Windows<65536, 4> g_slots;
constinit Window<16384> g_code;

struct Tables {
  uintptr_t symbols = 0, strings = 0;
  uintptr_t data = 0, calls = 0;  // relocations
  uint64_t data_bytes = 0, calls_bytes = 0;
};

#if defined(__x86_64__)
constexpr bool is_of_symbol(uint64_t type) {
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
}
#else
constexpr bool is_of_symbol(uint64_t type) {
  return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64;
}
#endif

bool read_tables(const LoadedModule& module, Tables& tables) {
  bool has_addend = true;
  for (uint32_t i = 0; i < kMaxDynamic; ++i) {
    ElfW(Dyn) entry;
    if (!g_code.load(module.dynamic + i * sizeof(entry), entry)) return false;
    // The loader relocates these pointers in most objects, but not in all.
    const uintptr_t pointer = entry.d_un.d_ptr;
    const uintptr_t address = pointer < module.bias ? pointer + module.bias : pointer;
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_SYMTAB) tables.symbols = address;
    if (entry.d_tag == DT_STRTAB) tables.strings = address;
    if (entry.d_tag == DT_RELA) tables.data = address;
    if (entry.d_tag == DT_RELASZ) tables.data_bytes = entry.d_un.d_val;
    if (entry.d_tag == DT_JMPREL) tables.calls = address;
    if (entry.d_tag == DT_PLTRELSZ) tables.calls_bytes = entry.d_un.d_val;
    // Its slots may lie among code, which must not lose the right to run.
    if (entry.d_tag == DT_TEXTREL) return false;
    if (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL) != 0) return false;
    if (entry.d_tag == DT_PLTREL) has_addend = entry.d_un.d_val == DT_RELA;
  }
  return has_addend && tables.symbols != 0 && tables.strings != 0;
}

// A slot that the loader has yet to bind leads back into the module's own table of stubs, which
// pushes the number of the relocation.
bool is_unbound(uintptr_t value, uint64_t number) {
#if defined(__x86_64__)
  uint8_t code[9];
  if (!g_code.load(value, code)) return false;
  constexpr uint8_t kEndbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
  const uint8_t* push =
      std::memcmp(code, kEndbr, sizeof(kEndbr)) == 0 ? code + sizeof(kEndbr) : code;
  uint32_t pushed;
  std::memcpy(&pushed, push + 1, sizeof(pushed));
  return push[0] == 0x68 && pushed == number;
#else
  (void)value;
  (void)number;
  return false;
#endif
}

// Null: cannot be read, or too long to be one of ours.
const char* name_of(const Tables& tables, uint32_t symbol, char (&name)[kMaxName]) {
  ElfW(Sym) entry;
  if (!g_symbols.load(tables.symbols + uintptr_t{symbol} * sizeof(entry), entry)) return nullptr;
  const uintptr_t address = tables.strings + entry.st_name;
  for (uint32_t i = 0; i < kMaxName; ++i) {
    const std::byte* next = g_strings.at(address + i, 1);
    if (next == nullptr) return nullptr;
    name[i] = static_cast<char>(*next);
    if (name[i] == '\0') return name;
  }
  return nullptr;
}

struct Search {
  const LoadedModule& module;
  const Tables& tables;
  const ShimTable& shims;
  FoundSlot found;
  void* context;
};

void look_at(const Search& search, const ElfW(Rela) & relocation, uint64_t number, bool is_call) {
  if (!is_of_symbol(ELF64_R_TYPE(relocation.r_info))) return;
  const uintptr_t slot = search.module.bias + relocation.r_offset;
  uintptr_t value;
  if (slot % sizeof(value) != 0 || !g_slots.load(slot, value)) return;
  // Not bound yet: leads back into the module, whose code lies before its slots.
  const bool may_be_unbound = is_call && value > search.module.bias && value < slot;
  if (!may_be_unbound && !search.shims.may_be_original(value)) return;
  char name[kMaxName];
  if (name_of(search.tables, ELF64_R_SYM(relocation.r_info), name) == nullptr) return;
  const Shim* shim = search.shims.find(name);
  if (shim == nullptr) return;
  if (value == shim->original || (may_be_unbound && is_unbound(value, number)))
    search.found(search.context, slot, value, *shim);
}

void look_through(const Search& search, uintptr_t table, uint64_t size_bytes, bool is_call) {
  if (table == 0 || size_bytes > kMaxTableBytes) return;
  ElfW(Rela) relocation;
  for (uint64_t i = 0; i < size_bytes / sizeof(relocation); ++i) {
    if (!g_relocations.load(table + i * sizeof(relocation), relocation)) return;
    look_at(search, relocation, i, is_call);
  }
}

}  // namespace

bool read_module(uintptr_t address, LoadedModule& module) {
  struct link_map entry;
  if (address == 0 || !copy_from(address, &entry, sizeof(entry))) return false;
  module = {address, entry.l_addr, reinterpret_cast<uintptr_t>(entry.l_ld),
            reinterpret_cast<uintptr_t>(entry.l_next), reinterpret_cast<uintptr_t>(entry.l_prev)};
  return true;
}

void find_slots(const LoadedModule& module, const ShimTable& shims, FoundSlot found,
                void* context) {
  g_relocations.forget();
  g_symbols.forget();
  g_strings.forget();
  g_slots.forget();
  g_code.forget();
  Tables tables;
  if (!read_tables(module, tables)) return;
  const Search search{module, tables, shims, found, context};
  look_through(search, tables.data, tables.data_bytes, false);
  // Some modules count the calls in with the rest.
  const bool inside = tables.calls >= tables.data && tables.calls < tables.data + tables.data_bytes;
  if (!inside || tables.data == 0) look_through(search, tables.calls, tables.calls_bytes, true);
}

}  // namespace dbgtrace::hooks::attach
