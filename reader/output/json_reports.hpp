// SPDX-License-Identifier: Apache-2.0
// The documents of leaks and memory, an item at a time: its names are found when it is its turn.
#pragma once

#include <vector>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/suppressions.hpp"
#include "reader/output/json_writer.hpp"

namespace dbgtrace::reader::output {

// max_entries of a list at most, 0 = all.
void write_leaks(JsonWriter& writer, const analysis::LeakReport& report, const trace::Trace& trace,
                 const analysis::Resolver& resolver, size_t max_entries,
                 const std::vector<analysis::Suppressed>& suppressed = {});
void write_memory(JsonWriter& writer, const analysis::MemoryReport& report,
                  const trace::Trace& trace, const analysis::Resolver& resolver,
                  size_t max_entries);

}  // namespace dbgtrace::reader::output
