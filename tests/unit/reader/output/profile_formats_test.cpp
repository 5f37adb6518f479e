// SPDX-License-Identifier: Apache-2.0
#include "reader/output/profile_formats.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../analysis/simulation.hpp"
#include "reader/output/gzip.hpp"
#include "reader/output/protobuf_writer.hpp"
#include "tests/support/written.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader;

struct Exported {
  Exported() : recording(make()), memory(measure_memory(recording, analysis::MemoryOrder::kLive)) {}

  static trace::Trace make() {
    Simulation simulation(100, 4096, 1);
    simulation.site();
    simulation.births(100, .01, 0, 1, simulation.forever());
    simulation.site();
    simulation.births(100, .01, 0, 1, simulation.exponential(.001));
    return simulation.finish();
  }

  output::ProfileSource source() { return {memory, resolver, "simulated", 0}; }

  std::vector<symbols::Frame> frames = [] {
    symbols::Frame frame;
    frame.function = "operator<<;\n\"x\"";
    frame.file = "/src/a,b.cpp";
    frame.line = 7;
    frame.module = "/usr/bin/simulated";
    return std::vector{frame};
  }();
  trace::Trace recording;
  analysis::MemoryReport memory;
  analysis::Resolver resolver{
      recording, [this](const symbols::ModuleKey&, uint64_t) -> const std::vector<symbols::Frame>& {
        return frames;
      }};
};

std::string unzipped(const std::string& packed) {
  std::string plain(1 << 20, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

std::string folded(Exported& exported) {
  return tests::written([&](output::Sink& sink) {
    output::write_folded_stacks(sink, exported.source(), analysis::MemoryOrder::kAllocated);
  });
}

}  // namespace

TEST_CASE("a message of the wire format is what its specification's example says") {
  output::ProtobufWriter inner, outer;
  inner.number(1, 150);
  CHECK(inner.bytes() == std::string("\x08\x96\x01"));
  outer.bytes(2, "testing");
  CHECK(outer.bytes() == std::string("\x12\x07testing"));
  outer = {};
  outer.message(3, inner);
  CHECK(outer.bytes() == std::string("\x1a\x03\x08\x96\x01"));
  outer = {};
  outer.packed(6, {3, 270, 86942});
  CHECK(outer.bytes() == std::string("\x32\x06\x03\x8e\x02\x9e\xa7\x05"));
}

TEST_CASE("what was compressed comes back, whatever its size") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{70'000}, size_t{1'000'000}}) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>(i * i >> 3);
    CHECK(unzipped(output::gzip(text)) == text);
  }
}

TEST_CASE("no name can break a folded line, and its last word is the weight") {
  Exported exported;
  const std::string text = folded(exported);
  std::istringstream lines(text);
  std::string line;
  int64_t sum = 0;
  for (int count = 0; std::getline(lines, line); ++count) {
    CHECK(line.starts_with("operator<<:\\n\"x\""));
    sum += std::stoll(line.substr(line.rfind(' ')));
  }
  double allocated = 0;
  for (const auto& site : exported.memory.sites) allocated += site.allocated_bytes.value;
  CHECK(static_cast<double>(sum) == Approx(allocated).epsilon(0.01));
}

TEST_CASE("folded lines are in the order of their texts, and each text is one line") {
  // Names that begin with each other, with signs that come before and behind the separator.
  const std::vector<std::string> names = {"a", "a b", "a;b", "ab", "a~", "b", "(x)", "a:b"};
  std::vector<symbols::Frame> frame(1);
  trace::Trace recording;
  recording.modules = {{0, 1000, 0, 0, 0, "/usr/bin/program", ""}};
  const analysis::Resolver resolver(
      recording, [&](const symbols::ModuleKey&, uint64_t address) -> const auto& {
        frame[0].function = names[address % names.size()];
        return frame;
      });
  analysis::MemoryReport memory;
  std::map<std::string, int64_t> expected;
  for (size_t i = 0; i < 400; ++i) {
    trace::Stack stack;
    std::string line;
    for (size_t rest = i % 300 * 17; rest > 0; rest /= names.size()) {
      std::string name = names[rest % names.size()];
      stack.pcs.push_back(rest % names.size() + names.size() + 1);
      std::replace(name.begin(), name.end(), ';', ':');
      line = name + (line.empty() ? "" : ";") + line;
    }
    analysis::MemorySite site;
    site.allocated_bytes.value = 1 + static_cast<double>(i);
    site.stack = stack.pcs.empty() ? 0 : recording.stacks.add(stack);
    memory.sites.push_back(site);
    expected[line.empty() ? "(call stack unknown)" : line] += 1 + static_cast<int64_t>(i);
  }
  REQUIRE(expected.size() < memory.sites.size());
  std::string text;
  for (const auto& [line, sum] : expected) text += line + " " + std::to_string(sum) + "\n";
  CHECK(tests::written([&](output::Sink& sink) {
          output::write_folded_stacks(sink, {memory, resolver, "program", 0},
                                      analysis::MemoryOrder::kAllocated);
        }) == text);
}

TEST_CASE("the profiles of a speedscope file add up to what they claim") {
  Exported exported;
  const auto json = nlohmann::json::parse(output::speedscope_file(exported.source()));
  CHECK(json["profiles"].size() == 6);
  for (const auto& profile : json["profiles"]) {
    CHECK(profile["samples"].size() == profile["weights"].size());
    int64_t sum = 0;
    for (const auto& weight : profile["weights"]) sum += weight.get<int64_t>();
    CHECK(profile["endValue"] == sum);
    for (const auto& stack : profile["samples"]) {
      for (const auto& frame : stack) CHECK(frame < json["shared"]["frames"].size());
    }
  }
}

TEST_CASE("sums that no number is large enough for are the largest one") {
  Exported exported;
  REQUIRE(exported.memory.sites.size() > 1);
  for (auto& site : exported.memory.sites) site.allocated_bytes.value = 9e18;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const std::string text = folded(exported);
  CHECK(text.ends_with(" " + std::to_string(kMost) + "\n"));
  const auto json = nlohmann::json::parse(output::speedscope_file(exported.source()));
  CHECK(std::any_of(json["profiles"].begin(), json["profiles"].end(),
                    [](const auto& profile) { return profile["endValue"] == kMost; }));
}

TEST_CASE("a cell of the table with separators or quotes in it is quoted") {
  Exported exported;
  const std::string text =
      tests::written([&](output::Sink& sink) { output::write_csv_table(sink, exported.source()); });
  CHECK(text.find("\"operator<<;\n\"\"x\"\"\",\"/src/a,b.cpp\",7,") != std::string::npos);
}

TEST_CASE("the text table of a profile holds every name once") {
  Exported exported;
  const std::string plain = unzipped(output::pprof_profile(exported.source()));
  for (const std::string name : {"inuse_space", "alloc_objects", "/usr/bin/simulated"}) {
    const size_t at = plain.find(name);
    CHECK(at != std::string::npos);
    CHECK(plain.find(name, at + 1) == std::string::npos);
  }
}

}  // namespace dbgtrace::test
