// SPDX-License-Identifier: Apache-2.0
// The reports of one small recording: what their first lines say and which keys their JSON has.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <sstream>

#include "../analysis/simulation.hpp"
#include "reader/output/dump.hpp"
#include "reader/output/json_reports.hpp"
#include "reader/output/sink.hpp"
#include "reader/output/text_info.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_losses.hpp"
#include "reader/output/text_memory.hpp"
#include "tests/support/temp_file.hpp"
#include "tests/support/written.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;
using tests::written;

output::Json written_json(const std::function<void(output::JsonWriter&)>& write) {
  return output::Json::parse(written([&](output::Sink& sink) {
    output::JsonWriter writer(sink);
    write(writer);
    writer.finish();
  }));
}

trace::Trace leaking() {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(100, .01, 0, 1, simulation.forever());
  trace::Trace recording = simulation.finish();
  recording.path = "a.1.dbgt";
  recording.header.live.lost.events_dropped = 3;
  return recording;
}

struct Names {
  std::vector<symbols::Frame> answer{1};
  Names() {
    answer[0].function = "remember";
    answer[0].file = "/src/app.cpp";
    answer[0].line = 41;
    answer[0].module = "/usr/bin/simulated";
  }
  analysis::Resolver resolver(const trace::Trace& recording) {
    return {recording,
            [this](const symbols::ModuleKey&, uint64_t) -> const std::vector<symbols::Frame>& {
              return answer;
            }};
  }
};

}  // namespace

TEST_CASE("the leak report begins with what, where, how sure and what next") {
  const trace::Trace recording = leaking();
  Names names;
  output::TextPage page({100, false});
  output::put_leaks(page, analysis::find_leaks(recording), recording, names.resolver(recording),
                    {});
  output::put_losses(page, recording);
  std::istringstream lines(page.text());
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("1 leak. Worst: remember (app.cpp:41) holds ~"));
  CHECK(page.text().find("How sure: very likely (99 %)") != std::string::npos);
  CHECK(page.text().find("Next: ") != std::string::npos);
  CHECK(page.text().find("3 events are missing from the history") != std::string::npos);
  for (lines.clear(), lines.str(page.text()); std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("the leak document has the promised keys and hexadecimal offsets") {
  const trace::Trace recording = leaking();
  Names names;
  const output::Json json = written_json([&](output::JsonWriter& writer) {
    output::write_leaks(writer, analysis::find_leaks(recording), recording,
                        names.resolver(recording), 0);
  });
  CHECK(json["schema"] == "dbgtrace.leaks/1");
  CHECK(json["file"] == "a.1.dbgt");
  const output::Json& leak = json["leaks"][0];
  for (const char* key : {"class", "severity", "confidence", "bytes", "count", "samples",
                          "growth_bytes_per_s", "oldest_age_s", "stack"}) {
    INFO(key);
    CHECK(leak.contains(key));
  }
  CHECK(leak["class"] == "growing");
  CHECK(leak["stack"][0]["offset"].get<std::string>().starts_with("0x"));
  CHECK(leak["stack"][0]["inlined"] == false);
  CHECK(json["lost"]["events_dropped"] == 3);
  CHECK(json.contains("live_bytes"));
  CHECK(json.contains("live_count"));
}

TEST_CASE("memory and info have the promised keys") {
  const trace::Trace recording = leaking();
  Names names;
  const output::Json memory = written_json([&](output::JsonWriter& writer) {
    output::write_memory(writer, measure_memory(recording, analysis::MemoryOrder::kLive), recording,
                         names.resolver(recording), 0);
  });
  for (const char* key : {"live_bytes", "peak_bytes", "allocated_bytes", "allocations"}) {
    CHECK(memory["totals"].contains(key));
    CHECK(memory["sites"][0].contains(key));
  }
  CHECK(memory["sites"][0].contains("temporary"));
  const output::Json info = output::json_info(
      analysis::info_of(recording, {analysis::StateKind::kExited, 3, {}, ""}, 4096), recording);
  CHECK(info["state"]["kind"] == "exited");
  CHECK(info["state"]["code"] == 3);
  CHECK(info["recorder"].contains("cpu_s"));
  CHECK(info["recorder"].contains("rss_bytes"));
}

TEST_CASE("the status of an exit is the one that a shell shows") {
  const auto state = [](int argument) {
    return analysis::ProcessState{analysis::StateKind::kExited, argument, {}, ""};
  };
  CHECK(output::state_text(state(3)) == "exited 3");
  CHECK(output::state_text(state(300)) == "exited 44 (exit(300))");
  CHECK(output::state_text(state(-1)) == "exited 255 (exit(-1))");
  const trace::Trace recording = leaking();
  const auto json = [&](int argument) {
    return output::json_info(analysis::info_of(recording, state(argument), 4096),
                             recording)["state"];
  };
  CHECK(json(300)["code"] == 44);
  CHECK(json(300)["argument"] == 300);
  CHECK_FALSE(json(44).contains("argument"));
}

TEST_CASE("of a recording that is cut that is said first, and nothing of it is exact") {
  trace::Trace recording = leaking();
  recording.header.live.exact_until_us = ~uint64_t{0};
  recording.header.file_bytes = 3 << 20;
  recording.file_bytes = 3 << 20;
  output::TextPage whole({0, false});
  output::put_cut(whole, recording);
  CHECK(whole.text().empty());
  CHECK(measure_memory(recording, analysis::MemoryOrder::kLive).exact);
  recording.file_bytes = 1 << 20;
  output::TextPage cut({0, false});
  output::put_cut(cut, recording);
  CHECK(cut.text() ==
        "DAMAGED  the recording is cut: of its 3.0 MiB the last 2.0 MiB are missing, from offset "
        "0x100000 on. What follows is of what is left.\n");
  CHECK_FALSE(measure_memory(recording, analysis::MemoryOrder::kLive).exact);
  CHECK_FALSE(analysis::find_leaks(recording).exact);
}

TEST_CASE("bytes that are no UTF-8 do not keep a document from being written") {
  output::Json json = {{"exe",
                        "a\xff"
                        "b"}};
  CHECK(output::json_text(json).find('b') != std::string::npos);
}

TEST_CASE("a dump of the living blocks has one line for each") {
  const trace::Trace recording = leaking();
  output::DumpParts live{false, false, false, false, false, false, false, true};
  const std::string text =
      written([&](output::Sink& sink) { output::dump_text(sink, recording, nullptr, live); });
  CHECK(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) == recording.live.size());
  CHECK(text.starts_with("live addr=0x20000 size=40 weight="));
  CHECK(text.find(" site=1\n") != std::string::npos);
}

TEST_CASE("a dump as JSON is a document, however it is put together") {
  const trace::Trace recording = leaking();
  output::DumpParts live{false, false, false, false, false, false, false, true};
  const output::Json json = output::Json::parse(
      written([&](output::Sink& sink) { output::dump_json(sink, recording, nullptr, live); }));
  CHECK(json["schema"] == "dbgtrace.dump/1");
  CHECK(json["lost"]["events_dropped"] == 3);
  REQUIRE(json["records"].size() == recording.live.size());
  CHECK(json["records"][0]["state"] == "held");
  const output::Json empty = output::Json::parse(written([&](output::Sink& sink) {
    output::dump_json(sink, recording, nullptr,
                      {false, false, false, false, false, false, false, false});
  }));
  CHECK(empty["records"].empty());
}

TEST_CASE("a sink that is not finished leaves nothing behind") {
  const tests::TempFile place;
  const std::string path = place.path() + ".result";
  { output::Sink(path).write("half"); }
  CHECK_FALSE(std::ifstream(path).good());
  CHECK_FALSE(std::ifstream(path + "." + std::to_string(getpid()) + ".part").good());
}

TEST_CASE("a result file that can't be written is told, and no draft is left") {
  CHECK(output::deliver("text", "/nonexistent/folder/result").find("can't be written") !=
        std::string::npos);
}

}  // namespace dbgtrace::test
