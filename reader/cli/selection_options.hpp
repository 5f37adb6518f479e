// SPDX-License-Identifier: Apache-2.0
// --function, --file, --module, --thread, --from, --to: the part of a recording that a report is
// of.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "reader/analysis/selection.hpp"
#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::cli {

struct SelectionWords {
  analysis::Selection names;
  std::string from, to;
};

void add_selection_options(CLI::App& command, SelectionWords& words);

// With the times as moments of that recording; empty, and said why, if they are none.
std::optional<analysis::Selection> selection_of(const SelectionWords& words,
                                                const trace::Trace& trace);

// "born between 10.0 s and 20.0 s; thread worker"; empty if everything is selected.
std::string selection_text(const analysis::Selection& selection);

}  // namespace dbgtrace::reader::cli
