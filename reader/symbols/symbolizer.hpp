// SPDX-License-Identifier: Apache-2.0
// From an address in a recorded module to functions, files and lines, long after the program ended
// and on any machine that has the files. Knows nothing of recordings: it is asked with a module
// and an address. Not thread-safe; every answer is kept, and the cache gets what it lacked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reader/symbols/module_key.hpp"

namespace dbgtrace::reader::symbols {

// A recording has millions of frames with a few thousand names: the texts are the symbolizer's and
// live as long as it does.
struct Frame {
  std::string_view function;  // empty: unknown
  std::string_view file;      // empty: unknown
  unsigned line = 0;          // 0: unknown
  bool inlined = false;
  std::string_view module;
  std::string_view build_id;
  uint64_t offset = 0;  // the address that was asked for
};

// Of addresses, each counted once: where their names came from.
struct SymbolStatistics {
  uint64_t cache_hits = 0, cache_misses = 0;
  uint64_t bundled = 0;
  void add(const SymbolStatistics& other);
};

// What one will ask of a module.
struct SymbolQuestions {
  ModuleKey key;
  std::vector<uint64_t> elf_addresses;
};

class ModuleNames;

class Symbolizer {
 public:
  explicit Symbolizer(SearchPaths search);
  ~Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;

  // elf_address: pc minus the module's load bias, and minus 1 where pc is a return address. The
  // inline chain, innermost first, never empty; the last frame is the function itself. If nothing
  // is known it is one frame without a function. The reference stays valid.
  const std::vector<Frame>& resolve(const ModuleKey& key, uint64_t elf_address);

  // Finds the answers to come, modules in parallel and addresses in their order: resolve is then a
  // look-up. Only a matter of time.
  void prepare(std::span<SymbolQuestions> questions);

  // Why modules that were asked for have no names: one line each, in the order of the questions.
  std::vector<std::string> problems() const;
  SymbolStatistics statistics() const;
  // Every module that was asked for, in that order.
  const std::vector<ModuleNames*>& modules() const { return in_order_; }

 private:
  ModuleNames& module_of(const ModuleKey& key);

  const SearchPaths search_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<ModuleNames>> modules_;
  std::vector<ModuleNames*> in_order_;
};

}  // namespace dbgtrace::reader::symbols
