// SPDX-License-Identifier: Apache-2.0
// One loop over libdw's iterator; what it refuses is said beside each test.
#include "reader/symbols/range_reader.hpp"

namespace dbgtrace::reader::symbols {

void RangeReader::start(Dwarf* dwarf, uint64_t bias) {
  bias_ = bias;
  // Real debug files have an entry for every hundred bytes, or for every 25 if compressed.
  constexpr uint64_t kMinEntries = 64 << 10, kBytesPerEntry = 4;
  size_t file_bytes = 0;
  elf_rawfile(dwarf_getelf(dwarf), &file_bytes);
  budget_ = kMinEntries + file_bytes / kBytesPerEntry;
}

std::vector<RangeReader::Range> RangeReader::read(Dwarf_Die& die) {
  std::vector<Range> ranges;
  Dwarf_Addr base = 0;
  Dwarf_Addr low = 0;
  Dwarf_Addr high = 0;
  ptrdiff_t next = 0;
  while (budget_ > 0 && (next = dwarf_ranges(&die, next, &base, &low, &high)) > 0) {
    --budget_;
    uint64_t elf_high = high + bias_;
    // Linkers resolve the ranges of discarded functions to 0.
    if (low == 0 || low >= high || !code_.clip(low + bias_, elf_high)) continue;
    ranges.push_back({low + bias_, elf_high});
  }
  return ranges;
}

}  // namespace dbgtrace::reader::symbols
