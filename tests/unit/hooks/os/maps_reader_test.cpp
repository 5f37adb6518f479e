// SPDX-License-Identifier: Apache-2.0
#include "hooks/os/maps_reader.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

using dbgtrace::hooks::os::Mapping;
using dbgtrace::hooks::os::MapsReader;

namespace {

std::vector<Mapping> read_all(size_t buffer_bytes) {
  std::vector<char> buffer(buffer_bytes);
  std::vector<Mapping> all;
  all.reserve(1000);
  MapsReader reader(buffer);
  REQUIRE(reader.is_open());
  Mapping mapping;
  while (reader.next(mapping)) all.push_back(mapping);
  return all;
}

const Mapping* holding(const std::vector<Mapping>& all, uintptr_t address) {
  for (const Mapping& mapping : all) {
    if (address >= mapping.start && address < mapping.end) return &mapping;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("the maps tell code from data from stack") {
  const auto all = read_all(4096);
  const Mapping* code = holding(all, reinterpret_cast<uintptr_t>(&std::qsort));
  REQUIRE(code != nullptr);
  CHECK(code->executable);
  CHECK(code->readable);
  CHECK(code->is_file);
  int local = 0;
  const Mapping* stack = holding(all, reinterpret_cast<uintptr_t>(&local));
  REQUIRE(stack != nullptr);
  CHECK_FALSE(stack->executable);
  CHECK_FALSE(stack->is_file);
}

TEST_CASE("a buffer that is smaller than a line cuts the path and loses no line") {
  std::ifstream maps("/proc/self/maps");
  size_t lines = 0;
  for (std::string line; std::getline(maps, line);) ++lines;
  maps.close();
  const auto small = read_all(128);
  const auto large = read_all(64 << 10);
  CHECK(small.size() + 3 > lines);
  REQUIRE(small.size() + 3 > large.size());
  for (size_t i = 1; i < small.size(); ++i) CHECK(small[i].start >= small[i - 1].end);
}
