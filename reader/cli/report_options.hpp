// SPDX-License-Identifier: Apache-2.0
// What the commands that read a recording have in common: which file, where the result goes, where
// symbols are, and the exit status that follows from what was found.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "reader/output/json_writer.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_page.hpp"
#include "reader/symbols/module_key.hpp"
#include "reader/trace/load.hpp"

namespace dbgtrace::reader::cli {

struct ReportOptions {
  std::string file;
  bool json = false;
  std::string result_file;
  output::ListLimits limits;
  bool top_given = false;
  symbols::SearchPaths search;

  // A script gets everything unless it asks for less.
  size_t json_entries() const { return top_given ? limits.entries : 0; }
};

void add_file_option(CLI::App& command, ReportOptions& options);
void add_result_options(CLI::App& command, ReportOptions& options);  // --json, -o
void add_symbol_options(CLI::App& command, ReportOptions& options);  // --debug-dir, --sysroot
void add_stack_options(CLI::App& command, ReportOptions& options);   // --top, --frames, symbols

// Loads options.file, or the newest recording of `list`, which it names on standard error and puts
// into the options. Says itself what went wrong.
std::optional<trace::Trace> open_recording(ReportOptions& options);
// What a recording brings along for the names of its addresses: those of a bundle, and where those
// of code that was generated at run time are.
void add_names_of(const trace::Recording& recording, symbols::SearchPaths& search);
// The same with the file's bytes, for those who read the history.
std::optional<trace::Recording> open_whole_recording(ReportOptions& options);

// A page in the style that fits where the result goes.
output::TextPage new_page(const ReportOptions& options);

// Delivers the result. Returns kDone, or kFailed if it can't be written.
int deliver(const ReportOptions& options, const std::string& result);
// The same, and kDamaged for a file with damages, which are told on standard error.
int deliver(const ReportOptions& options, const std::string& result, const trace::Trace& trace);
// A JSON document, written while it is made and never shown in a pager.
int deliver_json(const ReportOptions& options, const trace::Trace& trace,
                 const std::function<void(output::JsonWriter&)>& write);
// The same of a result that was delivered already: problem is what went wrong, "" if nothing did.
int delivered(const std::string& problem, const trace::Trace& trace);

}  // namespace dbgtrace::reader::cli
