// SPDX-License-Identifier: Apache-2.0
// The dynamic loader's r_debug and link_map, as they lay in the process, made anew from the list of
// modules: at an address where nothing was mapped, with the pointer to it where the executable
// keeps it.
//
//   DT_DEBUG of the executable -> r_debug -> link_map (program) -> link_map (libc.so.6) -> ...
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "reader/analysis/core_contents.hpp"
#include "reader/symbols/elf_layout.hpp"

namespace dbgtrace::reader::analysis {

using LayoutOf = std::function<std::optional<symbols::ElfLayout>(const trace::Module&)>;

struct LoaderImage {
  std::vector<CoreSegment> segments;  // empty: the executable is not at hand, or has no such list
  std::vector<uint64_t> auxiliary;    // what the executable's headers say of the auxiliary vector
};

// taken: every address range that is in use.
LoaderImage loader_image(const trace::Trace& trace, const MemoryMap& taken,
                         const LayoutOf& layout_of);

}  // namespace dbgtrace::reader::analysis
