// SPDX-License-Identifier: Apache-2.0
// A comparison for people and for scripts. First what got worse and how sure that is, then the
// totals, then each call stack with what changed about it.
#pragma once

#include "reader/analysis/comparison.hpp"
#include "reader/output/json_writer.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

struct DiffContents {
  const analysis::Comparison& comparison;
  const analysis::ComparedSide& old_side;
  const analysis::ComparedSide& new_side;
  const analysis::Resolver& old_resolver;
  const analysis::Resolver& new_resolver;
  const analysis::Rules& rules;
  analysis::GroupBy by = analysis::GroupBy::kStack;
};

void put_diff(TextPage& page, const DiffContents& diff, ListLimits limits);
void write_diff(JsonWriter& writer, const DiffContents& diff, size_t max_entries);

}  // namespace dbgtrace::reader::output
