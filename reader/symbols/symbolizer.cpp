// SPDX-License-Identifier: Apache-2.0
// Brings the indexes of a module together: the inline chain of the DWARF, else the symbol's name.
#include "reader/symbols/symbolizer.hpp"

#include <cstring>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "reader/symbols/dwarf_index.hpp"
#include "reader/symbols/elf_module.hpp"
#include "reader/symbols/module_file.hpp"
#include "reader/symbols/symbol_table.hpp"

namespace dbgtrace::reader::symbols {
namespace {

// The DWARF's name first: it is what the lines belong to, also where the linker folded equal
// functions into one. The symbol, given for a frame that is not inlined, fills two gaps.
std::string name_of(const Location& location, const char* symbol, Demangler& demangle) {
  if (location.linkage_name != nullptr && is_mangled(location.linkage_name)) {
    return demangle(location.linkage_name);
  }
  if (symbol != nullptr) {
    // Some compilers leave the linkage name of a C++ function to the symbol table.
    if (location.name == nullptr || is_mangled(symbol)) return demangle(symbol);
    // A C library's DWARF says __libc_malloc, its symbols malloc.
    if (*location.name == '_') return demangle(symbol);
  }
  if (location.name == nullptr) return {};
  return location.qualifier + demangle(location.name);
}

// Two units may spell one file in two ways: folder/../x.h and x.h.
std::string path_of(const Location& location) {
  constexpr size_t kMaxPathBytes = 4096;  // the kernel's limit; a longer one is nobody's file
  if (location.file == nullptr || strnlen(location.file, kMaxPathBytes) == kMaxPathBytes) return {};
  std::filesystem::path path(location.file);
  if (path.is_relative() && location.folder != nullptr && *location.folder == '/' &&
      strnlen(location.folder, kMaxPathBytes) < kMaxPathBytes) {
    path = location.folder / path;
  }
  return path.lexically_normal().string();
}

}  // namespace

struct Symbolizer::Module {
  struct Contents {
    Contents(ModuleFile file, const SearchPaths& search)
        : elf(std::move(file), search), symbols(elf), dwarf(elf) {}
    ElfModule elf;
    SymbolTable symbols;
    DwarfIndex dwarf;
  };
  std::optional<Contents> contents;  // none: no file
  std::unordered_map<uint64_t, std::vector<Frame>> frames;
};

Symbolizer::Symbolizer(SearchPaths search) : search_(std::move(search)) {}
Symbolizer::~Symbolizer() = default;

Symbolizer::Module& Symbolizer::module_of(const ModuleKey& key) {
  std::unique_ptr<Module>& module = modules_[{key.path, key.build_id_hex}];
  if (module) return *module;
  module = std::make_unique<Module>();
  ModuleFile file = find_module_file(key, search_);
  std::string problem = std::move(file.problem);
  if (file.fd) {
    module->contents.emplace(std::move(file), search_);
    problem = module->contents->elf.problem();
  }
  if (!problem.empty()) problems_.push_back(std::move(problem));
  return *module;
}

const std::vector<Frame>& Symbolizer::resolve(const ModuleKey& key, uint64_t elf_address) {
  Module& module = module_of(key);
  auto [entry, is_new] = module.frames.try_emplace(elf_address);
  if (is_new) entry->second = frames_of(module, key, elf_address);
  return entry->second;
}

std::vector<Frame> Symbolizer::frames_of(Module& module, const ModuleKey& key,
                                         uint64_t elf_address) {
  std::vector<Location> chain;
  const char* symbol = nullptr;
  if (module.contents) {
    chain = module.contents->dwarf.find(elf_address);
    symbol = module.contents->symbols.find(elf_address);
  }
  if (chain.empty()) chain.emplace_back();
  std::vector<Frame> frames;
  for (size_t i = 0; i < chain.size(); ++i) {
    const bool is_function = i + 1 == chain.size();
    Frame& frame = frames.emplace_back();
    frame.function = name_of(chain[i], is_function ? symbol : nullptr, demangle_);
    frame.file = path_of(chain[i]);
    frame.line = chain[i].line;
    frame.inlined = !is_function;
    frame.module = key.path;
    frame.build_id = key.build_id_hex;
    frame.offset = elf_address;
  }
  return frames;
}

}  // namespace dbgtrace::reader::symbols
