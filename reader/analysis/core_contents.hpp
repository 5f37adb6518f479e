// SPDX-License-Identifier: Apache-2.0
// What a core file of the crash holds, put together from the crash record: threads with registers
// in the kernel's order, captured memory without overlaps, mapped files, the auxiliary vector, and
// the loader's list of libraries, made anew. A debugger looks for that list in memory that was not
// captured: without it, it would know no library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reader/analysis/memory_map.hpp"
#include "reader/symbols/module_key.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

struct CoreThread {
  uint32_t tid = 0;
  int signal = 0;  // of the one that crashed
  uint64_t blocked_signals = 0;
  std::vector<uint64_t> registers;        // as in the kernel's elf_gregset_t
  std::vector<std::byte> floating_point;  // as in its elf_fpregset_t
};

struct CoreSegment {
  uint64_t address = 0;
  std::vector<std::byte> bytes;
  bool writable = false, executable = false;

  uint64_t end() const { return address + bytes.size(); }
};

struct CoreContents {
  ring::Arch arch = ring::Arch::kX86_64;
  uint64_t page_bytes = 4096;
  uint32_t pid = 0, parent_pid = 0, uid = 0;
  std::string name, arguments;
  std::vector<CoreThread> threads;  // the crashed one first
  std::vector<std::byte> siginfo;
  std::vector<uint64_t> auxiliary;  // pairs, without the closing one
  std::vector<Mapping> files;
  std::vector<CoreSegment> segments;  // by address, none overlaps another
};

// None if the recording has no crash.
std::optional<CoreContents> core_contents(const trace::Trace& trace,
                                          const symbols::SearchPaths& search);

// Pieces of one memory, which may overlap, as segments that do not. Of bytes given twice the first
// ones count.
std::vector<CoreSegment> merge_segments(std::vector<CoreSegment> pieces);

}  // namespace dbgtrace::reader::analysis
