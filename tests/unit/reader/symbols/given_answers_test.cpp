// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/given_answers.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("what was asked for is answered without the files, also by path alone") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g -O2");
  const auto outer = folder.function(program, kOuterLinkerName);
  const ModuleKey key{program, folder.build_id(program)};
  Symbolizer with_files({});
  const std::vector<std::string> chain = leaf_chain(with_files, key, outer);
  REQUIRE(chain.size() == 3);
  auto given = std::make_shared<GivenAnswers>();
  REQUIRE(parse_given(bytes_of(given_bytes(with_files)), *given));
  folder.run("rm " + program);

  SearchPaths search;
  search.given = given;
  Symbolizer without(search);
  CHECK(leaf_chain(without, key, outer) == chain);
  CHECK(without.problems().empty());
  CHECK(without.statistics().bundled > 0);
  Symbolizer nothing({});
  CHECK(leaf_chain(nothing, key, outer).empty());
}

TEST_CASE("bytes that are cut anywhere are refused") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g -O2");
  Symbolizer symbolizer({});
  leaf_chain(symbolizer, {program, ""}, folder.function(program, kOuterLinkerName));
  const std::string whole = given_bytes(symbolizer);
  REQUIRE(whole.size() > 100);
  for (size_t size = 1; size < whole.size(); ++size) {
    GivenAnswers given;
    CHECK_FALSE(parse_given(bytes_of(whole.substr(0, size)), given));
    CHECK(given.empty());
  }
}

}  // namespace dbgtrace::reader::symbols
