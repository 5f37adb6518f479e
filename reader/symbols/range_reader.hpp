// SPDX-License-Identifier: Apache-2.0
// The address ranges of a DIE, translated to ELF addresses and cleared of what is not code. Keeps
// the account of a whole module: any number of DIEs may share one endless range list.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <vector>

#include "reader/symbols/elf_module.hpp"

namespace dbgtrace::reader::symbols {

class RangeReader {
 public:
  struct Range {
    uint64_t low;
    uint64_t high;
  };

  explicit RangeReader(const CodeRanges& code) : code_(code) {}
  // The bias is what libdw's addresses lack to be ELF addresses.
  void start(Dwarf* dwarf, uint64_t bias);
  uint64_t bias() const { return bias_; }

  std::vector<Range> read(Dwarf_Die& die);

 private:
  const CodeRanges& code_;
  uint64_t bias_ = 0;
  uint64_t budget_ = 0;  // list entries that may still be read
};

}  // namespace dbgtrace::reader::symbols
