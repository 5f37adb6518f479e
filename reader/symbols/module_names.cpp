// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/module_names.hpp"

#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <unordered_set>

#include "reader/symbols/debug_file.hpp"
#include "reader/symbols/demangle.hpp"
#include "reader/symbols/dwarf_index.hpp"
#include "reader/symbols/elf_file.hpp"
#include "reader/symbols/elf_module.hpp"
#include "reader/symbols/symbol_table.hpp"

namespace dbgtrace::reader::symbols {
namespace {

using Texts = std::unordered_set<std::string>;

// The DWARF's name first: it is what the lines belong to, also where the linker folded equal
// functions into one. The symbol, given for a frame that is not inlined, fills two gaps.
std::string_view name_of(const Location& location, const char* symbol, Demangler& demangle,
                         Texts& texts) {
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
  const std::string& name = demangle(location.name);
  return location.qualifier.empty() ? name : *texts.insert(location.qualifier + name).first;
}

// Two units may spell one file in two ways: folder/../x.h and x.h.
std::string normal_path(const Location& location) {
  constexpr size_t kMaxPathBytes = 4096;  // the kernel's limit; a longer one is nobody's file
  if (location.file == nullptr || strnlen(location.file, kMaxPathBytes) == kMaxPathBytes) return {};
  std::filesystem::path path(location.file);
  const bool has_folder =
      location.folder != nullptr && strnlen(location.folder, kMaxPathBytes) < kMaxPathBytes;
  // Packages are built with relative folders, which some names have in them already.
  const std::string folder = has_folder ? location.folder : "";
  if (path.is_relative() && !path.string().starts_with(folder + "/")) path = folder / path;
  return path.lexically_normal().string();
}

}  // namespace

struct ModuleNames::Indexes {
  explicit Indexes(ModuleFile file) : elf(std::move(file)), symbols(elf), dwarf(elf) {}
  ElfModule elf;
  SymbolTable symbols;
  DwarfIndex dwarf;
  Demangler demangle;
  Texts texts;
  // By the strings of libdw, which has each file of a unit once.
  std::map<std::pair<const char*, const char*>, std::string> paths;

  std::string_view path_of(const Location& location) {
    const auto [path, is_new] = paths.try_emplace({location.file, location.folder});
    if (is_new) path->second = normal_path(location);
    return path->second;
  }
};

ModuleNames::ModuleNames(ModuleKey key, const SearchPaths& search)
    : key_(std::move(key)), search_(search) {
  if (search.given) {
    const auto found = search.given->find({key_.path, key_.build_id_hex});
    if (found != search.given->end()) given_ = found->second;
  }
  if (const auto map = search.perf_maps.find(key_.path); map != search.perf_maps.end()) {
    generated_ = PerfMap::of_file(map->second);
  }
  // A bundle comes from elsewhere: a file of this machine needs a build-id to be the same one.
  if (search.given && key_.build_id_hex.empty()) {
    if (given_) problem_ = given_->problem();
    return;
  }
  file_ = find_module_file(key_, search);
  problem_ = std::move(file_.problem);
  if (given_) problem_ = given_->problem();
  if (!file_.fd) return;
  add_debug_file(file_, search);
  source_ = source_of(file_);
  cached_ = search.cache.load(key_.build_id_hex, source_);
  if (given_) return;
  if (cached_) {
    problem_ = cached_->problem();
  } else {
    make_indexes();
  }
}

ModuleNames::~ModuleNames() = default;

void ModuleNames::make_indexes() {
  if (indexes_ || !file_.fd) return;
  indexes_ = std::make_unique<Indexes>(std::move(file_));
  if (!given_) problem_ = indexes_->elf.problem();
}

const std::vector<Frame>& ModuleNames::resolve(uint64_t elf_address) {
  auto [entry, is_new] = frames_.try_emplace(elf_address);
  if (!is_new) return entry->second;
  Chain chain = look_up(elf_address);
  if (chain.empty()) chain.emplace_back();
  for (const Answer& answer : chain) {
    entry->second.push_back({answer.function, answer.file, answer.line, answer.inlined, key_.path,
                             key_.build_id_hex, elf_address});
  }
  return entry->second;
}

Chain ModuleNames::look_up(uint64_t elf_address) {
  if (given_) {
    if (auto shown = given_->find_shown(elf_address, key_.path.size())) {
      ++statistics_.bundled;
      return std::move(shown->chain);
    }
  }
  if (const std::string_view name = generated_.find(elf_address); !name.empty()) {
    return {{name, {}, 0, false}};
  }
  if (cached_) {
    if (auto chain = cached_->find(elf_address)) {
      ++statistics_.cache_hits;
      return std::move(*chain);
    }
  }
  make_indexes();
  if (!indexes_) return {};
  ++statistics_.cache_misses;
  fresh_.push_back(elf_address);
  return chain_from_files(elf_address);
}

Chain ModuleNames::chain_from_files(uint64_t elf_address) {
  std::vector<Location> locations = indexes_->dwarf.find(elf_address);
  const char* symbol = indexes_->symbols.find(elf_address);
  if (locations.empty()) locations.emplace_back();
  Chain chain;
  for (size_t i = 0; i < locations.size(); ++i) {
    const bool is_function = i + 1 == locations.size();
    const std::string_view name =
        name_of(locations[i], is_function ? symbol : nullptr, indexes_->demangle, indexes_->texts);
    chain.push_back({name, indexes_->path_of(locations[i]), locations[i].line, !is_function});
  }
  return chain;
}

namespace {

Chain chain_of(const std::vector<Frame>& frames) {
  Chain chain;
  for (const Frame& frame : frames) {
    chain.push_back({frame.function, frame.file, frame.line, frame.inlined});
  }
  return chain;
}

}  // namespace

bool ModuleNames::save() try {
  if (fresh_.empty() || search_.cache.folder().empty() || !is_build_id(key_.build_id_hex)) {
    return false;
  }
  AnswersWriter writer(source_, problem_);
  for (const uint64_t address : fresh_) writer.add(address, chain_of(frames_[address]));
  if (cached_) writer.add_all(*cached_);
  search_.cache.store(key_.build_id_hex, source_, writer.bytes());
  fresh_.clear();
  return true;
} catch (const std::exception&) {
  return false;  // no memory: the next run asks the files again
}

std::string ModuleNames::known_answers() const {
  AnswersWriter writer("", problem_);
  for (const auto& [address, frames] : frames_) {
    // What is not known here may be known there.
    if (frames.back().function.empty() && frames.back().file.empty()) continue;
    writer.add(address, chain_of(frames));
  }
  return writer.bytes();
}

}  // namespace dbgtrace::reader::symbols
