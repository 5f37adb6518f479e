// SPDX-License-Identifier: Apache-2.0
#include "reader/output/printable.hpp"

#include <catch2/catch.hpp>

#include "reader/output/json_documents.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

TEST_CASE("what a terminal would obey is written out") {
  CHECK(printable("a\x1b[2J\x1b]0;title\x07z") == "a\\x1b[2J\\x1b]0;title\\x07z");
  CHECK(printable("two\nlines\r\tand\x7f") == "two\\nlines\\r\\tand\\x7f");
  CHECK(printable("\u009b31mred") == "\\u009b31mred");  // C1: the eight-bit escape sequence
  CHECK(printable(std::string("nul\0", 4)) == "nul\\x00");
}

TEST_CASE("what is invisible or turns the direction is written out") {
  CHECK(printable("access\u202exe.exe") == "access\\u202exe.exe");
  CHECK(printable("a\u200bb\ufeff\u2066") == "a\\u200bb\\ufeff\\u2066");
}

TEST_CASE("letters of any language stay, bytes that are no UTF-8 are told") {
  const std::string good = "na\u00efve \u65e5\u672c\u8a9e \U0001f980 std::vector<int>";
  CHECK(printable(good) == good);
  CHECK(printable("a\xff") == "a\\xff");
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");           // an overlong NUL
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(printable("cut \xe6\x97") == "cut \\xe6\\x97");
}

TEST_CASE("lines are measured in characters and never cut inside one") {
  CHECK(columns_of("\u65e5\u672c\u8a9e") == 3);
  CHECK(fit("\u65e5\u672c\u8a9e\u65e5\u672c", 4) == "\u65e5...");
  CHECK(fit("\u65e5\u672c\u8a9e", 3) == "\u65e5\u672c\u8a9e");
  CHECK(fit("\u65e5\u672c\u8a9e", 2) == "\u65e5\u672c");
  CHECK(fit("abcdef", 5) == "ab...");
  CHECK(fit("abcdef", 0) == "abcdef");
}

TEST_CASE("no line of a page carries a stranger's control characters") {
  TextPage page({40, false});
  page.line("name \x1b[31m");
  page.paragraph(
      "an argument with\na line end and \x1b[0m a reset that is long enough to be broken");
  for (const char c : page.text()) {
    const auto byte = static_cast<unsigned char>(c);
    REQUIRE((byte >= 0x20 || c == '\n'));
  }
  CHECK(page.text().find("\\x1b[31m") != std::string::npos);
}

TEST_CASE("a document means what it meant, and a terminal obeys nothing in it") {
  const std::string name = "a\x1b[2J\u009b31m\x7f \u202e \u65e5";
  const std::string text = json_text({{"exe", name}});
  CHECK(Json::parse(text)["exe"] == name);
  for (const char* bad : {"\x1b", "\u009b", "\x7f", "\u202e"}) {
    CHECK(text.find(bad) == std::string::npos);
  }
  CHECK(text.find("\u65e5") != std::string::npos);
}

}  // namespace dbgtrace::reader::output
