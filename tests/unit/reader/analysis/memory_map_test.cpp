// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/memory_map.hpp"

#include <catch2/catch.hpp>

using dbgtrace::reader::analysis::MemoryMap;

TEST_CASE("a map is read line by line, whatever a path holds") {
  const MemoryMap map(
      "00400000-00401000 r-xp 00002000 fe:01 12345                    /usr/bin/a b (deleted)\n"
      "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
      "7f0000000000-7f0000001000 ---s 00000000 00:00 0 \n");
  REQUIRE(map.all().size() == 3);
  CHECK(map.all()[0].path == "/usr/bin/a b (deleted)");
  CHECK(map.all()[0].offset == 0x2000);
  CHECK(map.all()[0].permissions() == "r-xp");
  CHECK(map.all()[0].is_file());
  CHECK(map.all()[1].permissions() == "---s");
  CHECK(map.all()[1].path.empty());
  CHECK_FALSE(map.all()[1].accessible());
  CHECK(map.all()[2].path == "[stack]");
}

TEST_CASE("an address is found in its mapping or between its neighbours") {
  const MemoryMap map("1000-2000 r--p 0 0:0 0 /a\n5000-6000 rw-p 0 0:0 0 /b\n");
  CHECK(map.at(0xfff) == nullptr);
  CHECK(map.at(0x1000)->path == "/a");
  CHECK(map.at(0x1fff)->path == "/a");
  CHECK(map.at(0x2000) == nullptr);
  CHECK(map.below(0x2000)->path == "/a");
  CHECK(map.below(0x1fff) == nullptr);
  CHECK(map.above(0x2000)->path == "/b");
  CHECK(map.above(0x5000) == nullptr);
  CHECK(MemoryMap().at(0) == nullptr);
  CHECK(MemoryMap().above(0) == nullptr);
}

TEST_CASE("what is no line of a map is passed over") {
  const MemoryMap map(
      "\n-\n1000\n1000-\n1000-2000\n1000-2000 r\n2000-1000 r--p 0 0:0 0 /backwards\n"
      "zzzz-2000 r--p 0 0:0 0\n11111111111111111-2 r--p 0 0:0 0\n"
      "1000-3000 r--p 0 0:0 0 /first\n2000-4000 r--p 0 0:0 0 /overlapping");
  REQUIRE(map.all().size() == 1);
  CHECK(map.all()[0].path == "/first");
}
