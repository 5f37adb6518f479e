// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/selection.hpp"

#include <catch2/catch.hpp>

#include "reader/analysis/name_pattern.hpp"
#include "reader/analysis/suppressions.hpp"
#include "simulation.hpp"
#include "tests/support/kept_text.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;
using namespace reader::analysis;

ResolvedStack stack_of(const std::vector<std::pair<std::string, std::string>>& frames) {
  ResolvedStack stack;
  for (const auto& [function, module] : frames) {
    symbols::Frame frame;
    frame.function = tests::kept(function);
    frame.module = tests::kept(module);
    frame.file = tests::kept("/src/" + function + ".c");
    stack.frames.push_back(frame);
  }
  return stack;
}

const std::vector<symbols::Frame>& named(const symbols::ModuleKey&, uint64_t) {
  static const std::vector<symbols::Frame> frames =
      stack_of({{"hold", "/usr/bin/simulated"}}).frames;
  return frames;
}

trace::Trace two_threads() {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(200, .01, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  recording.threads.resize(3);
  recording.threads[1].tid = 11;
  recording.threads[1].name = "main";
  recording.threads[2].tid = 12;
  recording.threads[2].name = "worker";
  for (size_t i = 0; i < recording.live.size(); ++i) recording.live[i].thread = 1 + i % 2;
  return recording;
}

}  // namespace

TEST_CASE("patterns are parts of names, with anything, begin and end") {
  CHECK(fits("json", "parse_json5"));
  CHECK(fits("parse*json", "my_parse_big_json5"));
  CHECK_FALSE(fits("json*parse", "parse_json"));
  CHECK(fits("^parse", "parse_json"));
  CHECK_FALSE(fits("^json", "parse_json"));
  CHECK(fits("json$", "parse_json"));
  CHECK_FALSE(fits("parse$", "parse_json"));
  CHECK(fits("^parse$", "parse"));
  CHECK_FALSE(fits("^parse$", "parse2"));
  CHECK(fits("^a*b$", "a_b_b"));
  CHECK_FALSE(fits("^ab*ab$", "ab"));
  CHECK(fits("a*", "cat"));
  CHECK(fits("*", ""));
  CHECK(fits("", "anything"));
  CHECK(fits("^$", ""));
  CHECK_FALSE(fits("^$", "x"));
}

TEST_CASE("of each kind of pattern one has to fit a frame") {
  const ResolvedStack stack = stack_of({{"malloc", "/lib/libc.so.6"}, {"parse", "/usr/bin/app"}});
  Selection selection;
  CHECK(selects(selection, stack));
  selection.functions = {"nothing", "parse"};
  CHECK(selects(selection, stack));
  selection.modules = {"libfoo"};
  CHECK_FALSE(selects(selection, stack));
  selection.modules = {"libc"};
  selection.files = {"parse.c$"};
  CHECK(selects(selection, stack));
}

TEST_CASE("blocks are selected by thread and by time of birth, and only what lives is told") {
  const trace::Trace recording = two_threads();
  const Resolver resolver(recording, named);
  const double all = measure_memory(recording, MemoryOrder::kLive).live_bytes.value;
  for (const std::string thread : {"work", "12"}) {
    Selection selection;
    selection.threads = {thread};
    const MemoryReport part = measure_selection(recording, selection, resolver, MemoryOrder::kLive);
    CHECK(part.only_live);
    REQUIRE(part.sites.size() == 1);
    CHECK(part.sites[0].live_bytes.value == Approx(all / 2).epsilon(0.05));
    CHECK(part.sites[0].allocated_bytes.value == 0);
  }
  Selection late;
  late.from_us = 75'000'000;
  CHECK(
      measure_selection(recording, late, resolver, MemoryOrder::kLive).sites[0].live_bytes.value ==
      Approx(all / 4).epsilon(0.3));
  LeakReport leaks = find_leaks(recording);
  REQUIRE(leaks.leaks.size() == 1);
  select_leaks(leaks, recording, late, resolver);
  CHECK(leaks.leaks[0].bytes.value == Approx(all / 4).epsilon(0.3));
  Selection nobody;
  nobody.threads = {"nobody"};
  select_leaks(leaks, recording, nobody, resolver);
  CHECK(leaks.leaks.empty());
}

TEST_CASE("suppressions are read as LeakSanitizer's, and a wrong line is named") {
  const auto list = parse_suppressions("# known\n\n leak:libfoo \r\nleak:^parse$\n", "a.supp");
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].pattern == "libfoo");
  const auto wrong = parse_suppressions("leak:x\nrace:y\n", "a.supp");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.starts_with("a.supp:2:"));
  CHECK_FALSE(parse_suppressions("leak: \n", "a.supp"));
}

TEST_CASE("a suppression fits function, file or module of any frame") {
  const ResolvedStack stack = stack_of({{"malloc", "/lib/libc.so.6"}, {"parse", "/usr/bin/app"}});
  CHECK(suppresses({"^parse$", false}, stack));
  CHECK(suppresses({"parse.c", false}, stack));
  CHECK(suppresses({"bin/app", false}, stack));
  CHECK_FALSE(suppresses({"other", false}, stack));
}

TEST_CASE("a built-in suppression hides only what the runtime did for itself") {
  const Suppression loader{"^_dl_map_object", true};
  CHECK(suppresses(loader, stack_of({{"malloc", "/lib/ld-linux-x86-64.so.2"},
                                     {"_dl_map_object_deps", "/lib/ld-linux-x86-64.so.2"},
                                     {"main", "/usr/bin/app"}})));
  CHECK_FALSE(suppresses(loader, stack_of({{"strdup", "/lib/libc.so.6"},
                                           {"plugin_init", "/usr/lib/plugin.so"},
                                           {"_dl_map_object_deps", "/lib/ld-linux-x86-64.so.2"}})));
}

TEST_CASE("what was suppressed is counted, and the rest stays") {
  const trace::Trace recording = two_threads();
  const Resolver resolver(recording, named);
  LeakReport report = find_leaks(recording);
  const double bytes = report.leaks.at(0).bytes.value;
  const auto nothing = suppress(report, recording, resolver, built_in_suppressions());
  CHECK(nothing.empty());
  CHECK(report.leaks.size() == 1);
  const auto suppressed = suppress(report, recording, resolver, {{"^hold$", false}, {"x", false}});
  REQUIRE(suppressed.size() == 1);
  CHECK(suppressed[0].bytes == bytes);
  CHECK(report.growing() == 0);
}

}  // namespace dbgtrace::test
