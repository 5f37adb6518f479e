// SPDX-License-Identifier: Apache-2.0
// A recording's call stacks in the formats of other profilers; what a format has no place for is
// left out, nothing is made up to fill it. Formats that have every frame of every stack in them are
// written piece by piece.
#pragma once

#include <cstdint>
#include <string>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"
#include "reader/output/sink.hpp"

namespace dbgtrace::reader::output {

struct ProfileSource {
  const analysis::MemoryReport& memory;
  const analysis::Resolver& resolver;
  std::string name;  // of the program
  uint64_t start_unix_ns = 0;
};

// gzip of a pprof profile: the four values of a Go heap profile, and two more. Locations with their
// inlined functions, mappings with build-ids; addresses are those of the modules' files.
std::string pprof_profile(const ProfileSource& source);

// "main;serve;open 4096": a line a call stack, outermost frame first, as flamegraph.pl reads it.
void write_folded_stacks(Sink& sink, const ProfileSource& source, analysis::MemoryOrder weight);

// A file for speedscope.app: one profile for each weight.
std::string speedscope_file(const ProfileSource& source);

// A table (RFC 4180) with a heading: a row a call stack, frames innermost first in its last column.
void write_csv_table(Sink& sink, const ProfileSource& source);

}  // namespace dbgtrace::reader::output
