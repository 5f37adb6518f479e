// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/selection_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reader/cli/exit_code.hpp"
#include "reader/cli/time_option.hpp"
#include "reader/output/human.hpp"

namespace dbgtrace::reader::cli {
namespace {

void add_pattern(CLI::App& command, const char* name, std::vector<std::string>& patterns,
                 const char* help) {
  command.add_option(name, patterns, help)
      ->type_name("PATTERN")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Selection");
}

}  // namespace

void add_selection_options(CLI::App& command, SelectionWords& words) {
  add_pattern(command, "--function", words.names.functions,
              "call stacks with such a function: part of its name, or with * ^ $; repeatable");
  add_pattern(command, "--file", words.names.files, "with such a source file");
  add_pattern(command, "--module", words.names.modules, "with such a program or library");
  add_pattern(command, "--thread", words.names.threads,
              "blocks of such a thread, by name or tid; only what lives is known of it");
  command
      .add_option("--from", words.from, "blocks born at that time or later: 90, 1.5min, 2h, 50%")
      ->type_name("TIME")
      ->group("Selection");
  command.add_option("--to", words.to, "blocks born up to that time")
      ->type_name("TIME")
      ->group("Selection");
}

std::optional<analysis::Selection> selection_of(const SelectionWords& words,
                                                const trace::Trace& trace) {
  analysis::Selection selection = words.names;
  if (is_past_end(words.from, trace.end_us())) {
    complain(fmt::format("--from {}: the recording is of {} only", words.from,
                         output::human_duration(static_cast<double>(trace.end_us()) / 1e6)));
    return std::nullopt;
  }
  const auto from = words.from.empty() ? 0 : moment_us(words.from, trace.end_us());
  const auto to = words.to.empty() ? selection.to_us : moment_us(words.to, trace.end_us());
  if (!from || !to || *from > *to) {
    complain("--from and --to are moments of the run, the first one earlier: 90, 1.5min, 2h, 50%");
    return std::nullopt;
  }
  selection.from_us = *from;
  selection.to_us = *to;
  return selection;
}

std::string selection_text(const analysis::Selection& selection) {
  std::vector<std::string> parts;
  if (selection.of_time()) {
    const auto from = output::human_duration(static_cast<double>(selection.from_us) / 1e6);
    parts.push_back(
        selection.to_us == ~uint64_t{0}
            ? fmt::format("born after {}", from)
            : fmt::format("born between {} and {}", from,
                          output::human_duration(static_cast<double>(selection.to_us) / 1e6)));
  }
  const auto add = [&parts](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) parts.push_back(fmt::format("{} {}", what, fmt::join(names, " or ")));
  };
  add("function", selection.functions);
  add("file", selection.files);
  add("module", selection.modules);
  add("thread", selection.threads);
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace dbgtrace::reader::cli
