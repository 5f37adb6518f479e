// SPDX-License-Identifier: Apache-2.0
// What each line of one source file has to do with the heap: the figures of all call stacks that go
// through it, and of those that allocate right there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/memory.hpp"
#include "reader/analysis/resolver.hpp"

namespace dbgtrace::reader::analysis {

struct LineFigures {
  double live_bytes = 0, allocated_bytes = 0, allocations = 0, leaked_bytes = 0;
};
struct AnnotatedLine {
  LineFigures through;  // each call stack once, however often it passes
  LineFigures here;     // the line is the innermost one of the file in its call stack
};

struct Annotation {
  std::string file;                         // as the symbols name it
  std::vector<std::string> other_files;     // that fit the name as well, and were left out
  std::map<unsigned, AnnotatedLine> lines;  // those with figures
  LineFigures all;                          // of the file
};

// source: a path or the end of one ("parse.c", "src/parse.c"). Of several files that fit, the one
// with the most allocated bytes is taken. No lines: nothing fits.
Annotation annotate(const MemoryReport& memory, const LeakReport& leaks, const Resolver& resolver,
                    const std::string& source);

}  // namespace dbgtrace::reader::analysis
