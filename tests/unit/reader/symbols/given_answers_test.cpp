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

TEST_CASE("of names that many frames share no more is shown than of others") {
  const std::string path = "/usr/bin/program";
  const auto given_with = [&](size_t functions, const std::string& name) {
    AnswersWriter writer("", "");
    Chain chain(functions, Answer{name, "/src/main.cpp", 7, true});
    chain.push_back({"main", "/src/main.cpp", 40, false});
    writer.add(0x100, chain);
    writer.add(0x200, {{"other", "", 0, false}});
    auto given = std::make_shared<GivenAnswers>();
    REQUIRE(parse_given(bytes_of(given_entry({path, "00ff"}, writer.bytes())), *given));
    return given;
  };
  const auto frames_with = [&](const std::shared_ptr<GivenAnswers>& given) {
    SearchPaths search;
    search.given = given;
    Symbolizer symbolizer(search);
    std::vector<std::string> functions;
    size_t bytes = 0;
    for (const Frame& frame : symbolizer.resolve({path, "00ff"}, 0x100)) {
      functions.emplace_back(frame.function);
      bytes += frame.function.size() + frame.file.size() + frame.module.size();
    }
    CHECK(functions.back() == "main");
    CHECK(bytes <= Answers::kMostShownChainBytes + 100);
    return functions;
  };
  SECTION("hostile ones") {
    const auto given = given_with(250, std::string(30'000, 'x'));
    CHECK(count_cut(*given) == 1);
    const auto functions = frames_with(given);
    REQUIRE(functions.size() == 5);
    CHECK(functions[0] == std::string(4096, 'x'));
    CHECK(functions[3] == "(more inlined functions, left out)");
  }
  SECTION("many short ones") {
    CHECK(count_cut(*given_with(255, "f")) == 0);
    CHECK(frames_with(given_with(255, "f")).size() == 256);
  }
  SECTION("a long one of templates") {
    const auto given = given_with(1, std::string(4096, 'x'));
    CHECK(count_cut(*given) == 0);
    CHECK(frames_with(given)[0].size() == 4096);
    CHECK(count_cut(*given_with(1, std::string(4097, 'x'))) == 1);
  }
  SECTION("what compilers make of code that is inlined deeply") {
    const auto given = given_with(40, std::string(300, 'y'));
    CHECK(count_cut(*given) == 0);
    CHECK(frames_with(given).size() == 41);
  }
  SECTION("a character is not cut in two") {
    const auto functions = frames_with(given_with(1, std::string(4095, 'x') + "\xc3\xa9"));
    CHECK(functions[0] == std::string(4095, 'x'));
  }
}

}  // namespace dbgtrace::reader::symbols
