// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/perf_map.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {

TEST_CASE("generated code is named by the line of the map that covers it") {
  const PerfMap map("7f00 10 first\n7f10 0x20 LazyCompile:~second /app.js:3\n");
  CHECK(map.find(0x7eff).empty());
  CHECK(map.find(0x7f00) == "first");
  CHECK(map.find(0x7f0f) == "first");
  CHECK(map.find(0x7f2f) == "LazyCompile:~second /app.js:3");
  CHECK(map.find(0x7f30).empty());
}

TEST_CASE("memory that was used again has the name of its last use") {
  const PerfMap map("1000 100 old\n1100 100 next\n10f0 20 new\n");
  CHECK(map.find(0x10f8) == "new");
  CHECK(map.find(0x1108) == "new");
  CHECK(map.find(0x1000).empty());
  CHECK(map.find(0x1180).empty());
}

TEST_CASE("lines that are none name nothing") {
  const PerfMap map("\nx 1 a\n1 b\n10 0 empty\nffffffffffffffff 2 beyond\n20 \n30 4\n50 4 whole");
  CHECK(map.find(0x10).empty());
  CHECK(map.find(~uint64_t{0}).empty());
  CHECK(map.find(0x30).empty());
  CHECK(map.find(0x50) == "whole");
  CHECK(PerfMap::of_file("/proc/self").empty());
  CHECK(PerfMap::of_file("/no/such/file").empty());
}

TEST_CASE("the symbolizer asks the map of the process that the code belongs to") {
  const ScratchFolder folder;
  SearchPaths search;
  search.perf_maps[generated_code(42).path] = folder.write("perf-42.map", "1000 10 jitted\n");
  Symbolizer symbolizer(search);
  CHECK(symbolizer.resolve(generated_code(42), 0x1004).front().function == "jitted");
  CHECK(symbolizer.resolve(generated_code(43), 0x1004).front().function.empty());
  CHECK(symbolizer.problems().empty());
}

}  // namespace dbgtrace::reader::symbols
