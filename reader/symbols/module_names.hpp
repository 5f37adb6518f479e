// SPDX-License-Identifier: Apache-2.0
// The names of one module's addresses, from the nearest source that has them: what was asked
// before, what a bundle or the cache brought along, the files. The files' indexes are made at the
// first question that nothing else answers. Not thread-safe, but independent of other modules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "reader/symbols/answers.hpp"
#include "reader/symbols/module_file.hpp"
#include "reader/symbols/perf_map.hpp"
#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::symbols {

class ModuleNames {
 public:
  // search must outlive it.
  ModuleNames(ModuleKey key, const SearchPaths& search);
  ~ModuleNames();

  const std::vector<Frame>& resolve(uint64_t elf_address);
  // Why names are missing, or empty.
  const std::string& problem() const { return problem_; }
  const SymbolStatistics& statistics() const { return statistics_; }
  // Gives the cache what it lacks; whether that was anything. Never fails: it is a convenience.
  bool save();
  // All that is known, for a bundle.
  std::string known_answers() const;
  const ModuleKey& key() const { return key_; }

 private:
  struct Indexes;
  Chain look_up(uint64_t elf_address);
  Chain chain_from_files(uint64_t elf_address);
  void make_indexes();

  const ModuleKey key_;
  const SearchPaths& search_;
  ModuleFile file_;     // moved into the indexes
  std::string source_;  // empty: no file
  std::string problem_;
  std::shared_ptr<const Answers> given_;
  PerfMap generated_;
  std::optional<Answers> cached_;
  std::unique_ptr<Indexes> indexes_;
  std::unordered_map<uint64_t, std::vector<Frame>> frames_;
  std::vector<uint64_t> fresh_;  // addresses that the cache lacks
  SymbolStatistics statistics_;
};

}  // namespace dbgtrace::reader::symbols
