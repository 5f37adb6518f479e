// SPDX-License-Identifier: Apache-2.0
// From an address in a recorded module to functions, files and lines, long after the program ended
// and on any machine that has the files. Knows nothing of recordings: it is asked with a module
// and an address. Not thread-safe; every answer is cached.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reader/symbols/demangle.hpp"
#include "reader/symbols/module_key.hpp"

namespace dbgtrace::reader::symbols {

struct Frame {
  std::string function;  // empty: unknown
  std::string file;      // empty: unknown
  unsigned line = 0;     // 0: unknown
  bool inlined = false;
  std::string module;
  std::string build_id;
  uint64_t offset = 0;  // the address that was asked for
};

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

  // Why modules that were asked for have no names: one line each, in the order of the questions.
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Module;
  Module& module_of(const ModuleKey& key);
  std::vector<Frame> frames_of(Module& module, const ModuleKey& key, uint64_t elf_address);

  SearchPaths search_;
  Demangler demangle_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Module>> modules_;
  std::vector<std::string> problems_;
};

}  // namespace dbgtrace::reader::symbols
