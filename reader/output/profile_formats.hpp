// SPDX-License-Identifier: Apache-2.0
// A recording's call stacks in the formats of other profilers. Each function returns a whole file;
// what a format has no place for is left out, nothing is made up to fill it.
#pragma once

#include <cstdint>
#include <string>

#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"

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
std::string folded_stacks(const ProfileSource& source, analysis::MemoryOrder weight);

// A file for speedscope.app: one profile for each weight.
std::string speedscope_file(const ProfileSource& source);

// A table (RFC 4180) with a heading: a row a call stack, frames innermost first in its last column.
std::string csv_table(const ProfileSource& source);

}  // namespace dbgtrace::reader::output
