// SPDX-License-Identifier: Apache-2.0
// A document in pieces is the text of the whole one.
#include "reader/output/json_writer.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/written.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;
using output::Json;

std::string written(const std::function<void(output::JsonWriter&)>& write) {
  return tests::written([&](output::Sink& sink) {
    output::JsonWriter writer(sink);
    write(writer);
    writer.finish();
  });
}

// Names of every kind: plain, with what JSON escapes, what a terminal obeys, what is no UTF-8.
analysis::ResolvedStack strange_stack() {
  analysis::ResolvedStack stack;
  for (const char* name : {"plain", "operator\"\" _x", "a\\b\n\t", "caf\xc3\xa9", "\x1b[2J\x7f",
                           "turn\xe2\x80\xae", "no\xff utf", ""}) {
    symbols::Frame frame;
    frame.function = name;
    frame.file = name;
    frame.line = static_cast<unsigned>(stack.frames.size());
    frame.module = "/usr/bin/program";
    frame.build_id = stack.frames.empty() ? "" : "00ff";
    frame.offset = 0x10 + stack.frames.size();
    frame.inlined = stack.frames.size() % 2 == 0;
    stack.frames.push_back(frame);
  }
  stack.title = 2;
  return stack;
}

}  // namespace

TEST_CASE("a document in pieces is byte for byte the text of the whole") {
  const analysis::ResolvedStack stack = strange_stack();
  const Json head = {{"schema", "dbgtrace.x/1"},
                     {"number", 0.1},
                     {"nothing", nullptr},
                     {"nested", {{"list", {1, {{"a", "b\nc"}}}}, {"empty", Json::array()}}}};
  Json whole = head;
  Json item = {{"bytes", 7}, {"title_frame", stack.title}, {"stack", output::json_stack(stack)}};
  whole["sites"] = {item, item, {{"bytes", 8}, {"title_frame", 0}, {"stack", Json::array()}}};
  whole["none"] = Json::array();
  whole["peak"] = {{"t", 1.5}, {"sites", {1, "two"}}};
  whole["bare"] = Json::object();
  CHECK(written([&](output::JsonWriter& writer) {
          writer.members(head);
          writer.begin_list("sites");
          for (const int bytes : {7, 7, 8}) {
            writer.begin_object();
            writer.member("bytes", bytes);
            writer.stack(bytes == 7 ? stack : analysis::ResolvedStack());
            writer.end();
          }
          writer.end();
          writer.begin_list("none");
          writer.end();
          writer.begin_object("peak");
          writer.member("t", 1.5);
          writer.begin_list("sites");
          writer.item(1);
          writer.item("two");
          writer.end();
          writer.end();
          writer.begin_object("bare");
        }) == output::json_text(whole));
}

TEST_CASE("a document of any length is one document") {
  constexpr size_t kItems = 50'000;
  const Json json = Json::parse(written([&](output::JsonWriter& writer) {
    writer.begin_list("records");
    for (size_t i = 0; i < kItems; ++i) writer.item_in_a_line({{"number", i}});
  }));
  REQUIRE(json["records"].size() == kItems);
  CHECK(json["records"].back()["number"] == kItems - 1);
}

}  // namespace dbgtrace::test
