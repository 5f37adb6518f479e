// SPDX-License-Identifier: Apache-2.0
// dbgtrace, the command; the table of its parts is in cli/commands.cpp.
#include "reader/cli/commands.hpp"
#include "reader/cli/memory_reserve.hpp"

namespace {

// Before everything else: what the library of the command line makes at the start needs memory,
// too, and nobody catches there.
[[gnu::init_priority(101)]] const dbgtrace::reader::cli::MemoryReserve reserve;

}  // namespace

int main(int argc, char** argv) { return dbgtrace::reader::cli::run_command_line(argc, argv); }
