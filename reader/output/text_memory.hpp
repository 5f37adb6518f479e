// SPDX-License-Identifier: Apache-2.0
// The memory report for people: totals, the course of the heap as one small graph, and the call
// stacks in the order that was asked for.
#pragma once

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

// Totals of the process, how sure they are, and its course over time.
void put_memory_totals(TextPage& page, const analysis::MemoryReport& report);

// The call stacks in their order.
void put_memory_sites(TextPage& page, const analysis::MemoryReport& report,
                      const analysis::Resolver& resolver, analysis::MemoryOrder order,
                      ListLimits limits);

}  // namespace dbgtrace::reader::output
