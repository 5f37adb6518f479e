// SPDX-License-Identifier: Apache-2.0
// The table of commands. A command is one file: a function that puts its options on its part of the
// command line and returns what to do once that is read.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dbgtrace::reader::cli {

using Words = std::vector<std::string>;
// Takes what stood behind `--`, returns the exit status.
using Action = std::function<int(const Words&)>;

struct Command {
  const char* name;
  const char* summary;
  const char* examples;  // lines for the end of its --help
  Action (*prepare)(CLI::App& command);
};

Action prepare_run(CLI::App& command);
Action prepare_doctor(CLI::App& command);
Action prepare_attach(CLI::App& command);
Action prepare_detach(CLI::App& command);
Action prepare_list(CLI::App& command);
Action prepare_info(CLI::App& command);
Action prepare_leaks(CLI::App& command);
Action prepare_memory(CLI::App& command);
Action prepare_diff(CLI::App& command);
Action prepare_annotate(CLI::App& command);
Action prepare_html(CLI::App& command);
Action prepare_crash(CLI::App& command);
Action prepare_export(CLI::App& command);
Action prepare_bundle(CLI::App& command);
Action prepare_dump(CLI::App& command);
Action prepare_help(CLI::App& command);
Action prepare_completion(CLI::App& command);

std::span<const Command> commands();

// Everything behind main().
int run_command_line(int argc, char** argv);

}  // namespace dbgtrace::reader::cli
