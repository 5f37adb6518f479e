// SPDX-License-Identifier: Apache-2.0
// What stands behind the figures of a memory report, as text and as keys of its JSON document.
#pragma once

#include <optional>

#include "reader/analysis/heap_pattern.hpp"
#include "reader/analysis/memory_details.hpp"
#include "reader/output/json_writer.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

struct MemoryDetails {
  analysis::GrowthPattern growth;
  std::optional<analysis::Fragmentation> fragmentation;
  analysis::Histograms histograms;
  analysis::PeakMoment peak;
  std::vector<analysis::PoolCandidate> pools;
};

void put_memory_details(TextPage& page, const MemoryDetails& details,
                        const analysis::MemoryReport& report, const analysis::Resolver& resolver,
                        ListLimits limits);
void write_memory_details(JsonWriter& writer, const MemoryDetails& details,
                          const analysis::Resolver& resolver, size_t max_entries);

// A table with a row a group, columns of figures before the name.
void put_memory_groups(TextPage& page, const std::vector<analysis::MemoryGroup>& groups,
                       bool only_live, ListLimits limits);
void write_memory_groups(JsonWriter& writer, const std::vector<analysis::MemoryGroup>& groups,
                         bool only_live, size_t max_entries);

}  // namespace dbgtrace::reader::output
