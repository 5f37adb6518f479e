// SPDX-License-Identifier: Apache-2.0
// An ELF object as it lies in another process's memory: its functions by name. Read from there and
// not from a file, which may be of another mount namespace, replaced by an update, or gone. What is
// read is the other process's: every count is bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reader/attach/process_memory.hpp"

namespace dbgtrace::reader::attach {

struct RemoteSymbol {
  uint64_t address = 0;
  uint64_t size_bytes = 0;
};

// Thread-safety: yes.
class RemoteModule {
 public:
  // base: where the file's first byte is mapped. None: no ELF object with a dynamic section there.
  static std::optional<RemoteModule> at(const ProcessMemory& memory, uint64_t base);

  // The default version of a function or object that it defines.
  std::optional<RemoteSymbol> find(std::string_view name) const;

 private:
  explicit RemoteModule(const ProcessMemory& memory) : memory_(&memory) {}
  bool is_named(uint32_t symbol, std::string_view name, RemoteSymbol& found) const;

  const ProcessMemory* memory_;
  uint64_t bias_ = 0;
  uint64_t symbols_ = 0, strings_ = 0, gnu_hash_ = 0, versions_ = 0;
};

// Where the first mapping of the file begins, for each file of one of these names (the last part of
// the path, cut at `cut`); 0: none.
uint64_t base_of(const std::vector<Mapping>& mappings, std::string_view path);

}  // namespace dbgtrace::reader::attach
