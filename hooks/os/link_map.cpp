// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/link_map.hpp"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstring>

#include "hooks/os/raw_syscall.hpp"

namespace dbgtrace::hooks::os {
namespace {

struct Tables {
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const uint32_t* gnu_hash = nullptr;
  const uint32_t* sysv_hash = nullptr;
  const uint16_t* versions = nullptr;
};

// glibc relocates these pointers in most objects, but not in the vdso and not everywhere on other
// architectures.
uintptr_t absolute(const link_map& object, uintptr_t pointer) {
  return pointer < object.l_addr ? pointer + object.l_addr : pointer;
}

Tables tables_of(const link_map& object) {
  Tables tables;
  for (const ElfW(Dyn)* entry = object.l_ld; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    const uintptr_t address = absolute(object, entry->d_un.d_ptr);
    switch (entry->d_tag) {
      case DT_SYMTAB:
        tables.symbols = reinterpret_cast<const ElfW(Sym)*>(address);
        break;
      case DT_STRTAB:
        tables.strings = reinterpret_cast<const char*>(address);
        break;
      case DT_GNU_HASH:
        tables.gnu_hash = reinterpret_cast<const uint32_t*>(address);
        break;
      case DT_HASH:
        tables.sysv_hash = reinterpret_cast<const uint32_t*>(address);
        break;
      case DT_VERSYM:
        tables.versions = reinterpret_cast<const uint16_t*>(address);
        break;
      default:
        break;
    }
  }
  return tables;
}

bool is_match(const Tables& tables, uint32_t index, const char* name) {
  const ElfW(Sym)& symbol = tables.symbols[index];
  if (symbol.st_shndx == SHN_UNDEF ||
      (symbol.st_value == 0 && ELF64_ST_TYPE(symbol.st_info) != STT_TLS))
    return false;
  constexpr uint16_t kHidden = 0x8000;  // not the default version
  if (tables.versions != nullptr && (tables.versions[index] & kHidden) != 0) return false;
  return std::strcmp(tables.strings + symbol.st_name, name) == 0;
}

uint32_t find_gnu(const Tables& tables, const SymbolName& name) {
  const uint32_t bucket_count = tables.gnu_hash[0], first_symbol = tables.gnu_hash[1],
                 bloom_words = tables.gnu_hash[2], bloom_shift = tables.gnu_hash[3];
  if (bucket_count == 0 || bloom_words == 0) return 0;
  constexpr uint32_t kWordBits = sizeof(uintptr_t) * 8;
  const auto* bloom = reinterpret_cast<const uintptr_t*>(tables.gnu_hash + 4);
  const uintptr_t word = bloom[name.hash / kWordBits & (bloom_words - 1)];
  const uintptr_t both =
      word >> (name.hash % kWordBits) & word >> ((name.hash >> bloom_shift) % kWordBits);
  if ((both & 1) == 0) [[likely]]
    return 0;
  const auto* buckets = reinterpret_cast<const uint32_t*>(bloom + bloom_words);
  const uint32_t* chain = buckets + bucket_count;
  uint32_t index = buckets[name.hash % bucket_count];
  if (index < first_symbol) return 0;
  for (;; ++index) {
    const uint32_t link = chain[index - first_symbol];
    if ((link | 1) == (name.hash | 1) && is_match(tables, index, name.text)) return index;
    if ((link & 1) != 0) return 0;
  }
}

// One past the last symbol that the hash table leads to.
uint32_t end_of_gnu(const Tables& tables) {
  const uint32_t bucket_count = tables.gnu_hash[0], first_symbol = tables.gnu_hash[1],
                 bloom_words = tables.gnu_hash[2];
  const uint32_t* buckets = tables.gnu_hash + 4 + bloom_words * (sizeof(uintptr_t) / 4);
  const uint32_t* chain = buckets + bucket_count;
  uint32_t last = 0;
  for (uint32_t i = 0; i < bucket_count; ++i) last = buckets[i] > last ? buckets[i] : last;
  if (last < first_symbol) return 0;
  while ((chain[last - first_symbol] & 1) == 0) ++last;
  return last + 1;
}

uint32_t find_sysv(const Tables& tables, const char* name) {
  uint32_t hash = 0;
  for (const char* c = name; *c != '\0'; ++c) {
    hash = (hash << 4) + static_cast<unsigned char>(*c);
    const uint32_t high = hash & 0xf0000000;
    hash = (hash ^ (high >> 24)) & ~high;
  }
  const uint32_t bucket_count = tables.sysv_hash[0];
  if (bucket_count == 0) return 0;
  const uint32_t* chain = tables.sysv_hash + 2 + bucket_count;
  for (uint32_t index = tables.sysv_hash[2 + hash % bucket_count]; index != 0;
       index = chain[index]) {
    if (is_match(tables, index, name)) return index;
  }
  return 0;
}

void* find_in_tables(const link_map& object, const Tables& tables, const SymbolName& name) {
  if (tables.symbols == nullptr || tables.strings == nullptr) return nullptr;
  uint32_t index = 0;
  if (tables.gnu_hash != nullptr)
    index = find_gnu(tables, name);
  else if (tables.sysv_hash != nullptr)
    index = find_sysv(tables, name.text);
  if (index == 0) return nullptr;
  const ElfW(Sym)& symbol = tables.symbols[index];
  void* address = reinterpret_cast<void*>(object.l_addr + symbol.st_value);
  if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
    return reinterpret_cast<void* (*)()>(address)();
  return address;
}

void find_all_from(const link_map* object, std::span<Wanted> symbols,
                   const link_map* left_out = nullptr) {
  size_t missing = symbols.size();
  for (; object != nullptr && missing != 0; object = object->l_next) {
    if (object == left_out) continue;
    const Tables tables = tables_of(*object);
    for (Wanted& symbol : symbols) {
      if (symbol.object != nullptr) continue;
      void* address = find_in_tables(*object, tables, symbol.name);
      if (address == nullptr) continue;
      *symbol.address = address;
      symbol.object = object;
      --missing;
    }
  }
}

}  // namespace

const link_map* first_object() { return _r_debug.r_map; }

const link_map* own_object() {
  for (const link_map* object = first_object(); object != nullptr; object = object->l_next) {
    if (object->l_ld == _DYNAMIC) return object;
  }
  return nullptr;
}

void* find_in_object(const link_map& object, const SymbolName& name) {
  return find_in_tables(object, tables_of(object), name);
}

void* find_after(const link_map* after, const SymbolName& name) {
  void* address = nullptr;
  definer_after(after, name, address);
  return address;
}

const link_map* definer_after(const link_map* after, const SymbolName& name, void*& address) {
  if (after == nullptr) return nullptr;
  for (const link_map* object = after->l_next; object != nullptr; object = object->l_next) {
    address = find_in_object(*object, name);
    if (address != nullptr) return object;
  }
  return nullptr;
}

void find_all_after(const link_map* after, std::span<Wanted> symbols) {
  if (after != nullptr) find_all_from(after->l_next, symbols);
}

void find_all(std::span<Wanted> symbols) { find_all_from(first_object(), symbols); }

bool loaded_at_start() {
  enum : int8_t { kUnknown, kYes, kNo };
  static constinit std::atomic<int8_t> known{kUnknown};
  if (const int8_t seen = known.load(std::memory_order_relaxed); seen != kUnknown)
    return seen == kYes;
  const link_map* own = own_object();
  if (own == nullptr) return false;  // too early to say
  const bool yes = find_after(own, "__libc_start_main") != nullptr;
  known.store(yes ? kYes : kNo, std::memory_order_relaxed);
  return yes;
}

void find_all_next(std::span<Wanted> symbols) {
  const link_map* own = own_object();
  if (own == nullptr) return;
  if (loaded_at_start()) return find_all_after(own, symbols);
  find_all_from(first_object(), symbols, own);
}

const link_map* next_definer(const SymbolName& name, void*& address) {
  const link_map* own = own_object();
  if (own == nullptr) return nullptr;
  if (loaded_at_start()) return definer_after(own, name, address);
  for (const link_map* object = first_object(); object != nullptr; object = object->l_next) {
    address = object == own ? nullptr : find_in_object(*object, name);
    if (address != nullptr) return object;
  }
  return nullptr;
}

void* find_next(const SymbolName& name) {
  void* address = nullptr;
  return next_definer(name, address) != nullptr ? address : nullptr;
}

void* find_anywhere(const SymbolName& name) {
  const link_map* first = first_object();
  if (first == nullptr) return nullptr;
  void* address = find_in_object(*first, name);
  return address != nullptr ? address : find_after(first, name);
}

void hide_own_symbols(bool (*is_hidden)(const char* name)) {
  const link_map* own = own_object();
  if (own == nullptr) return;
  const Tables tables = tables_of(*own);
  if (tables.symbols == nullptr || tables.strings == nullptr || tables.gnu_hash == nullptr) return;
  const uint32_t first = tables.gnu_hash[1], end = end_of_gnu(tables);
  if (first >= end) return;
  auto* symbols = const_cast<ElfW(Sym)*>(tables.symbols);
  const uintptr_t page_bytes = getauxval(AT_PAGESZ);
  const uintptr_t start = reinterpret_cast<uintptr_t>(symbols + first) / page_bytes * page_bytes;
  const auto size = static_cast<long>(reinterpret_cast<uintptr_t>(symbols + end) - start);
  const auto at = static_cast<long>(start);
  if (raw_syscall(SYS_mprotect, at, size, PROT_READ | PROT_WRITE) != 0) return;
  // A type that no look-up takes, in one byte: the address stays for who is just reading it.
  for (uint32_t i = first; i < end; ++i) {
    if (is_hidden(tables.strings + symbols[i].st_name))
      symbols[i].st_info = ELF64_ST_INFO(ELF64_ST_BIND(symbols[i].st_info), STT_FILE);
  }
  raw_syscall(SYS_mprotect, at, size, PROT_READ);
}

uint32_t exports_of(const link_map& object, Export* exports, uint32_t capacity) {
  const Tables tables = tables_of(object);
  if (tables.symbols == nullptr || tables.strings == nullptr || tables.gnu_hash == nullptr)
    return 0;
  const uint32_t end = end_of_gnu(tables);
  uint32_t count = 0;
  for (uint32_t i = tables.gnu_hash[1]; i < end && count < capacity; ++i) {
    const ElfW(Sym)& symbol = tables.symbols[i];
    if (symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC)
      exports[count++] = {tables.strings + symbol.st_name, object.l_addr + symbol.st_value};
  }
  return count;
}

bool executable_defines(const SymbolName& name) {
  const link_map* executable = first_object();
  return executable != nullptr && find_in_object(*executable, name) != nullptr;
}

}  // namespace dbgtrace::hooks::os
