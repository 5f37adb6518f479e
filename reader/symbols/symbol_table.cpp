// SPDX-License-Identifier: Apache-2.0
// Chooses which symbols count, and which of the aliases of one address names it.
#include "reader/symbols/symbol_table.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace dbgtrace::reader::symbols {
namespace {

struct Symbol {
  uint64_t low;
  uint64_t high;   // equal to low if the symbol has no size
  uint64_t limit;  // how far it could reach at most
  const char* name;
  int rank;
};

// Assembly labels may come without a type; whether they are code is for CodeRanges to say.
bool may_be_function(unsigned type) {
  return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

// malloc rather than __libc_malloc rather than __GI___libc_malloc; free rather than
// cfree@GLIBC_2.2.5, which only programs of old times can mean.
int rank_of(unsigned binding, unsigned type, const char* text) {
  constexpr size_t kEnough = 256;  // endless names may share their bytes: look at none in full
  const std::string_view name(text, strnlen(text, kEnough));
  const size_t letter = std::min(name.find_first_not_of('_'), name.size());
  const int underscores = static_cast<int>(std::min<size_t>(letter, 3));
  const size_t version = name.find('@');
  const bool is_current = version == std::string_view::npos || name.substr(version, 2) == "@@";
  const int outdated = is_current ? 0 : 5;
  return (type == STT_NOTYPE ? 0 : 100) + (binding == STB_LOCAL ? 0 : 10) - underscores - outdated;
}

// The end of the code section that holds this symbol; 0 if it lies in none.
uint64_t end_of_section(Elf* elf, GElf_Word index, uint64_t bias) {
  GElf_Shdr section;
  if (elf == nullptr || gelf_getshdr(elf_getscn(elf, index), &section) == nullptr) return 0;
  if ((section.sh_flags & SHF_EXECINSTR) == 0) return 0;
  return section.sh_addr + section.sh_size + bias;
}

std::vector<Symbol> read_symbols(const ElfModule& module) {
  std::vector<Symbol> symbols;
  const int count = dwfl_module_getsymtab(module.handle());
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr low = 0;
    GElf_Word section = SHN_UNDEF;
    Elf* elf = nullptr;
    Dwarf_Addr bias = 0;
    const char* name =
        dwfl_module_getsym_info(module.handle(), i, &symbol, &low, &section, &elf, &bias);
    const unsigned type = GELF_ST_TYPE(symbol.st_info);
    // Names that begin with $ mark instruction sets, not functions.
    if (name == nullptr || *name == '\0' || *name == '$' || !may_be_function(type)) continue;
    if (section == SHN_UNDEF || section == SHN_ABS) continue;
    uint64_t limit = UINT64_MAX;
    if (!module.code().clip(low, limit)) continue;
    if (symbol.st_size == 0 || type == STT_NOTYPE) {
      limit = std::min(limit, end_of_section(elf, section, bias));
      if (limit <= low) continue;
    }
    symbols.push_back({low, low + std::min(symbol.st_size, limit - low), limit, name,
                       rank_of(GELF_ST_BIND(symbol.st_info), type, name)});
  }
  std::stable_sort(symbols.begin(), symbols.end(),
                   [](const Symbol& a, const Symbol& b) { return a.rank < b.rank; });
  return symbols;
}

}  // namespace

SymbolTable::SymbolTable(const ElfModule& module) {
  if (module.handle() == nullptr) return;
  const std::vector<Symbol> symbols = read_symbols(module);
  AddressMap sized;
  std::vector<uint64_t> starts;
  for (uint32_t i = 0; i < symbols.size(); ++i) {
    sized.add(symbols[i].low, symbols[i].high, i);
    starts.push_back(symbols[i].low);
    names_.push_back(symbols[i].name);
  }
  sized.seal();
  std::sort(starts.begin(), starts.end());
  for (uint32_t i = 0; i < symbols.size(); ++i) {
    const Symbol& symbol = symbols[i];
    uint64_t high = symbol.high;
    if (high == symbol.low) {
      // A label inside a function does not rename the rest of it. Elsewhere it reaches up to the
      // next symbol of its section.
      if (sized.find(symbol.low) != AddressMap::kNone) continue;
      auto next = std::upper_bound(starts.begin(), starts.end(), symbol.low);
      high = next == starts.end() ? symbol.limit : std::min(*next, symbol.limit);
    }
    by_address_.add(symbol.low, high, i);
  }
  by_address_.seal();
}

const char* SymbolTable::find(uint64_t elf_address) const {
  const uint32_t index = by_address_.find(elf_address);
  return index == AddressMap::kNone ? nullptr : names_[index];
}

}  // namespace dbgtrace::reader::symbols
