// SPDX-License-Identifier: Apache-2.0
// dbgtrace, the command; the table of its parts is in cli/commands.cpp.
#include "reader/cli/commands.hpp"

int main(int argc, char** argv) { return dbgtrace::reader::cli::run_command_line(argc, argv); }
