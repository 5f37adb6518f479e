// SPDX-License-Identifier: Apache-2.0
// The address space of the process as /proc/self/maps told it: what lies at an address, and what
// next to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dbgtrace::reader::analysis {

struct Mapping {
  uint64_t start = 0, end = 0;
  bool readable = false, writable = false, executable = false, shared = false;
  uint64_t offset = 0;  // in the file
  std::string path;     // of a file, or "[stack]", "[heap]"; empty: anonymous

  uint64_t size() const { return end - start; }
  bool accessible() const { return readable || writable || executable; }
  bool is_file() const { return path.starts_with('/'); }
  std::string permissions() const;  // "rw-p"
};

class MemoryMap {
 public:
  MemoryMap() = default;
  // Lines that are none of a map are passed over, and of two that overlap the second.
  explicit MemoryMap(std::string_view maps_text);

  const std::vector<Mapping>& all() const { return mappings_; }
  bool empty() const { return mappings_.empty(); }

  // Null if there is none.
  const Mapping* at(uint64_t address) const;
  const Mapping* below(uint64_t address) const;  // the nearest that ends at or before it
  const Mapping* above(uint64_t address) const;  // the nearest that begins behind it

 private:
  std::vector<Mapping> mappings_;  // by address
};

}  // namespace dbgtrace::reader::analysis
