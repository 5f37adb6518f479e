// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "../analysis/simulation.hpp"
#include "reader/analysis/call_tree.hpp"
#include "reader/output/html_document.hpp"
#include "reader/output/html_page.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;

symbols::Frame named(const char* function, unsigned line = 0) {
  symbols::Frame frame;
  frame.function = function;
  frame.line = line;
  return frame;
}

analysis::ResolvedStack stack_of(std::vector<symbols::Frame> innermost_first) {
  analysis::ResolvedStack stack;
  stack.frames = std::move(innermost_first);
  return stack;
}

}  // namespace

TEST_CASE("a name that would end the script element stays text of the document") {
  const output::Json document = {{"name", "</script><script>alert(1)</script><!--"}};
  const std::string text = output::script_text(document);
  CHECK(text.find('<') == std::string::npos);
  CHECK(output::Json::parse(text) == document);
}

TEST_CASE("bytes that are no UTF-8 do not stop the page") {
  CHECK_NOTHROW(output::script_text({{"name", "\xff\xfe"}}));
}

TEST_CASE("stacks share their frames and the calls that they have in common") {
  analysis::CallTree tree;
  const auto open = tree.add(stack_of({named("open"), named("serve"), named("main")}));
  const auto close = tree.add(stack_of({named("close"), named("serve"), named("main")}));
  CHECK(tree.frames().size() == 4);
  CHECK(tree.nodes().size() == 5);  // root, main, serve, open, close
  CHECK(tree.nodes()[open.node].parent == tree.nodes()[close.node].parent);
  CHECK(tree.frames()[static_cast<size_t>(close.title)].function == "close");
  CHECK(tree.add(stack_of({})).node == 0);
}

TEST_CASE("two lines of a function are two frames") {
  analysis::CallTree tree;
  tree.add(stack_of({named("f", 1)}));
  tree.add(stack_of({named("f", 2)}));
  CHECK(tree.frames().size() == 2);
}

TEST_CASE("the page's document holds every stack once, with columns of one length") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(100, .01, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  const auto info = analysis::info_of(recording, {}, 0);
  const auto leaks = analysis::find_leaks(recording);
  const auto memory = analysis::measure_memory(recording, analysis::MemoryOrder::kLive);
  const std::vector<symbols::Frame> names{named("remember", 41)};
  const analysis::Resolver resolver(
      recording,
      [&names](const symbols::ModuleKey&, uint64_t) -> const std::vector<symbols::Frame>& {
        return names;
      });
  const output::Json json =
      output::html_document({recording, info, leaks, memory, nullptr, resolver, 100});
  CHECK(json["schema"] == "dbgtrace.html/1");
  CHECK_FALSE(json.contains("crash"));
  CHECK(json["verdicts"][0]["site"] == 0);
  for (const auto& [name, column] : json["sites"].items()) {
    INFO(name);
    CHECK(column.size() == memory.sites.size());
  }
  CHECK(json["nodes"]["parent"].size() == json["nodes"]["frame"].size());
  const output::Json none =
      output::html_document({recording, info, leaks, memory, nullptr, resolver, 0});
  CHECK(none["sites"]["node"].empty());
  CHECK(none["left_out"] == memory.sites.size());
}

}  // namespace dbgtrace::test
