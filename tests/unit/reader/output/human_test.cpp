// SPDX-License-Identifier: Apache-2.0
#include "reader/output/human.hpp"

#include "reader/output/counted.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

TEST_CASE("sizes have a unit and three digits at most") {
  CHECK(human_bytes(0) == "0 B");
  CHECK(human_bytes(999) == "999 B");
  CHECK(human_bytes(1000) == "1.0 KiB");
  CHECK(human_bytes(12.4 * 1024 * 1024) == "12.4 MiB");
  CHECK(human_bytes(512 * 1024) == "512 KiB");
  CHECK(human_bytes(std::nan("")) == "unknown");
}

TEST_CASE("counts are grouped, durations have at most two units") {
  CHECK(human_count(1234567) == "1.2 million");
  CHECK(human_count(12345) == "12,345");
  CHECK(human_count(999) == "999");
  CHECK(human_duration(0.25) == "250 ms");
  CHECK(human_duration(12.34) == "12.3 s");
  CHECK(human_duration(250) == "4 min 10 s");
  CHECK(human_duration(3 * 86400 + 4 * 3600) == "3 d 4 h");
  CHECK(human_duration(INFINITY) == "unknown");
  CHECK(human_date(0) == "1970-01-01 00:00:00 UTC");
  CHECK(human_date(1e300) == "unknown");
}

TEST_CASE("an estimate shows its interval, an exact figure shows none") {
  constexpr double kMiB = 1024 * 1024;
  CHECK(human_bytes(analysis::Estimate{12.4 * kMiB, 10.9 * kMiB, 14.1 * kMiB, 31}) ==
        "~12.4 MiB [10.9 .. 14.1 MiB]");
  CHECK(human_bytes(analysis::Estimate{512, 512, 512, 4}) == "512 B");
  CHECK(human_count(analysis::Estimate{100, 80, 130, 4}) == "~100 [80 .. 130]");
}

TEST_CASE("lines keep to the width, paragraphs break between words") {
  TextPage page({20, false});
  page.line("0123456789012345678901234");
  page.paragraph("aaaa bbbb cccc dddd eeee", 2);
  CHECK(page.text() == "01234567890123456...\naaaa bbbb cccc dddd\n  eeee\n");
}

TEST_CASE("a path longer than a line stays in one piece, so that it can be copied") {
  TextPage page({20, false});
  page.paragraph("at /var/tmp/dbgtrace/recordings/server.1.dbgt or not", 2);
  CHECK(page.text() == "at /var/tmp/dbgtrace/recordings/server.1.dbgt\n  or not\n");
}

TEST_CASE("what is counted stands in the singular where there is one") {
  CHECK(counted(1, "block") == "1 block");
  CHECK(counted(0, "block") == "0 blocks");
  CHECK(counted(2, "crash") == "2 crashes");
  CHECK(counted(analysis::Estimate{100, 80, 130, 4}, "block") == "~100 [80 .. 130] blocks");
}

TEST_CASE("colour is there only where it is wanted") {
  TextPage plain({0, false}), coloured({0, true});
  plain.line("x", TextPage::Tone::kBad);
  coloured.line("x", TextPage::Tone::kBad);
  CHECK(plain.text() == "x\n");
  CHECK(coloured.text() == "\x1b[1;31mx\x1b[0m\n");
}

}  // namespace dbgtrace::reader::output
