// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/load.hpp"

#include <catch2/catch.hpp>

#include "tests/support/events.hpp"
#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using reader::trace::load_image;
using reader::trace::Trace;
using ring::SectionKind;
using tests::RecordingBuilder;

namespace {

Trace loaded(const std::vector<std::byte>& file) {
  auto result = load_image(file, "x.dbgt");
  REQUIRE(result);
  return std::move(*result);
}

size_t event_count(const std::vector<std::byte>& file) {
  Trace trace = loaded(file);
  return tests::events_of(file, trace).size();
}

std::string error_of(const std::vector<std::byte>& file) {
  auto result = load_image(file, "x.dbgt");
  REQUIRE_FALSE(result);
  return result.error().message;
}

bool mentions(const Trace& trace, std::string_view words) {
  for (const auto& damage : trace.damages) {
    if (damage.what.find(words) != std::string::npos) return true;
  }
  return false;
}

using Frames = std::vector<uint64_t>;

}  // namespace

TEST_CASE("a whole recording fills the model and has no damage") {
  const std::vector<std::byte> file = tests::make_example().finish();
  const Trace trace = loaded(file);
  CHECK(event_count(file) == 65);
  CHECK(trace.damages.empty());
  CHECK(trace.header_valid);
  CHECK(trace.end_us() == 60'000'000);
  REQUIRE(trace.modules.size() == 2);
  CHECK(trace.modules[0].path == "/usr/bin/example");
  CHECK(trace.modules[0].build_id == "deadbeef");
  REQUIRE(trace.sites.size() == 3);
  CHECK(trace.sites[0].id == 0);
  CHECK(trace.sites[1].id == 3);
  CHECK(trace.stacks[trace.sites[1].stack].pcs == Frames{0x7f0000000123, 0x400200, 0x400300});
  CHECK(trace.stacks[trace.sites[2].stack].pcs == Frames{0x400100, 0x400200, 0x400300});
  CHECK(trace.sites[1].has_history);
  CHECK(trace.sites[1].lifetimes[10] == 1);
  REQUIRE(trace.sites[1].series.size() == 3);
  CHECK(trace.sites[1].series[2].time_ds == 600);  // the present
  REQUIRE(trace.freed.size() == 1);
  CHECK(trace.freed[0].address == 0x5555'2000);
  CHECK(trace.freed[0].site == 1);
  CHECK(trace.freed[0].free_site == 2);
  CHECK(trace.freed[0].birth_us == 1'000'000 - 400);
  REQUIRE(trace.live.size() == 2);
  CHECK(trace.live[0].address == 0x5555'0000);
  CHECK(trace.live[0].site == 1);
  CHECK(trace.live[1].birth_us == 30);
  REQUIRE(trace.threads.size() == 2);
  CHECK(trace.threads[1].name == "example");
  CHECK(trace.gap_bytes == 0);
}

TEST_CASE("the series shows the finest level where levels overlap") {
  const Trace trace = loaded(tests::make_example().finish());
  REQUIRE(trace.series.size() == 4);
  CHECK(trace.series[0].time_us == 30'000'000);
  CHECK(trace.series[3].time_us == 59'900'000);
}

TEST_CASE("an open block that is sealed too counts once") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 20, 100));
  builder.open(0, 1, tests::make_events(1, 20, 100), 200);
  CHECK(event_count(builder.finish()) == 20);
}

TEST_CASE("a block on its way into the ring when the process died is no damage") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 20, 100));
  const uint32_t places = (4096 - sizeof(ring::OpenBlock)) / sizeof(ring::Event);
  builder.open(0, 2, tests::make_events(2, places, 200), places);
  builder.live().ring_head += 1024;
  const Trace trace = loaded(builder.finish());
  CHECK(trace.damages.empty());
  CHECK(trace.gap_bytes == 0);
  CHECK(event_count(builder.finish()) == 20 + places);
}

TEST_CASE("a broken block is reported with place and size, and the others are read") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 20, 100));
  const RecordingBuilder::Sealed second = builder.seal(2, tests::make_events(2, 20, 200));
  builder.seal(3, tests::make_events(3, 20, 300));
  std::vector<std::byte> file = builder.finish();
  tests::flip_bit(file, second.offset_bytes + 100);
  const Trace trace = loaded(file);
  REQUIRE(trace.damages.size() == 1);
  CHECK(trace.damages[0].offset_bytes == second.offset_bytes);
  CHECK(trace.damages[0].size_bytes == second.total_bytes);
  CHECK(trace.gap_bytes == second.total_bytes);
  CHECK(event_count(file) == 40);
}

TEST_CASE("a damaged entry costs itself only and is named") {
  RecordingBuilder builder = tests::make_example();
  const std::vector<std::byte> good = builder.finish();

  std::vector<std::byte> file = good;
  tests::flip_bit(file, builder.offset(SectionKind::kModules, 0) + 8);
  Trace trace = loaded(file);
  CHECK(mentions(trace, "1 modules whose checksum"));
  CHECK(trace.modules[1].path == "/usr/lib/libexample.so.1");

  file = good;
  tests::flip_bit(file, builder.offset(SectionKind::kStacks, 1) + 24);
  trace = loaded(file);
  CHECK(mentions(trace, "2 stacks whose checksum"));
  CHECK(trace.stacks[trace.sites[1].stack].pcs == Frames{0x7f0000000123});
  CHECK(trace.stacks[trace.sites[1].stack].truncated);
  CHECK(trace.sites[2].stack == 0);

  file = good;
  tests::flip_bit(file, builder.offset(SectionKind::kHistories, 0));
  trace = loaded(file);
  CHECK(mentions(trace, "1 site histories"));
  CHECK_FALSE(trace.sites[1].has_history);

  file = good;
  tests::flip_bit(file, builder.offset(SectionKind::kLive, 7) + 21);  // site 3 becomes 3 + 256
  trace = loaded(file);
  CHECK(mentions(trace, "1 live blocks of a site"));
  CHECK(trace.live[0].site == 0);

  file = good;
  tests::flip_bit(file, builder.offset(SectionKind::kLive, 7) + 13, 7);  // birth in the far future
  trace = loaded(file);
  CHECK(mentions(trace, "1 live blocks born after"));
  CHECK(trace.live[0].birth_us == trace.end_us());
}

TEST_CASE("what is not a number does not reach the model") {
  RecordingBuilder builder = tests::make_example();
  builder.live().births.bytes_variance = -1;
  builder.entry<ring::Site>(SectionKind::kSites, 3).weight_variance =
      std::numeric_limits<double>::quiet_NaN();
  const Trace trace = loaded(builder.finish());
  CHECK(trace.damages.size() == 2);
  CHECK(trace.header.live.births.bytes_variance == 0);
  CHECK(trace.sites[1].births.weight_variance == 0);
}

TEST_CASE("a file of a process that was killed is not damaged") {
  RecordingBuilder builder = tests::make_example();
  builder.live().state = static_cast<uint32_t>(ring::State::kRunning);
  builder.live().end_us = 0;
  builder.open(1, 5, tests::make_events(5, 3, 500), 4);  // the fourth event was never written
  builder.entry<ring::Module>(SectionKind::kModules, 2).start = 77;  // a module in the making
  builder.entry<ring::Site>(SectionKind::kSites, 9).stack_hash = 5;  // a site in the making
  const Trace trace = loaded(builder.finish());
  CHECK(trace.damages.empty());
  CHECK(trace.torn_events == 1);
}

TEST_CASE("a block freed while the process exited is still listed, with its state") {
  RecordingBuilder builder = tests::make_example();
  builder.entry<ring::Live>(SectionKind::kLive, 7).address_state &= ~(uint64_t{3} << 48);
  const Trace trace = loaded(builder.finish());
  REQUIRE(trace.live.size() == 2);
  CHECK(trace.live[0].torn_down());
  CHECK_FALSE(trace.live[0].mapping);
}

TEST_CASE("a mapping that was unmapped while the process exited is still no part of the heap") {
  RecordingBuilder builder = tests::make_example();
  builder.entry<ring::Live>(SectionKind::kLive, 7).address_state &= ~(uint64_t{3} << 48);
  builder.entry<ring::Site>(SectionKind::kSites, 3).kind =
      static_cast<uint16_t>(ring::SiteKind::kMapping);
  const Trace trace = loaded(builder.finish());
  REQUIRE(trace.live[0].site == 1);
  CHECK(trace.live[0].torn_down());
  CHECK(trace.live[0].mapping);
}

TEST_CASE(
    "a block of a site that is newer than the copy of the sites is no damage while the process "
    "runs") {
  RecordingBuilder builder = tests::make_example();
  builder.live().state = static_cast<uint32_t>(ring::State::kRunning);
  builder.add_live(20, 0x9999, 8, 14, builder.live().last_us + 10);
  CHECK(loaded(builder.finish()).damages.empty());
  builder.add_live(21, 0x9999, 8, 14, 5);
  CHECK(loaded(builder.finish()).damages.size() == 1);
}

TEST_CASE("a file cut at any place is loaded as far as it goes, or says where it ends") {
  const std::vector<std::byte> good = tests::make_example().finish();
  for (size_t size = 0; size < 70'000; size += size < 9000 ? 61 : 997) {
    const std::vector<std::byte> file(good.begin(), good.begin() + static_cast<long>(size));
    auto result = load_image(file, "x.dbgt");
    REQUIRE(static_cast<bool>(result) == (size >= ring::kHeaderBytes));
    if (!result) continue;
    REQUIRE(mentions(*result, "cut short"));
  }
}

TEST_CASE("no flipped bit crashes the loader or breaks the model's promises") {
  const std::vector<std::byte> good = tests::make_example().finish();
  uint64_t state = 1;
  for (int round = 0; round < 3000; ++round) {
    state = state * 6364136223846793005 + 1442695040888963407;
    std::vector<std::byte> file(good.begin(), good.begin() + 80'000);
    tests::flip_bit(file, (state >> 20) % 60'000, state >> 60 & 7);
    auto result = load_image(file, "x.dbgt");
    if (!result) continue;
    for (const auto& site : result->sites) REQUIRE(site.stack < result->stacks.size());
    for (const auto& block : result->live) {
      REQUIRE(block.site < result->sites.size());
      REQUIRE(block.birth_us <= result->end_us());
    }
  }
}

TEST_CASE("what is no recording gets one clear message") {
  CHECK_THAT(error_of({}), Catch::Contains("x.dbgt: the file is empty"));
  CHECK_THAT(error_of(std::vector<std::byte>(9000, std::byte{'a'})),
             Catch::Contains("not a recording: offset 0"));
  CHECK_THAT(error_of(std::vector<std::byte>(9000)), Catch::Contains("only zeros"));
  std::vector<std::byte> file = tests::make_example().finish();
  file.resize(5000);
  CHECK_THAT(error_of(file), Catch::Contains("offset 5000: cut inside the header"));
  RecordingBuilder builder;
  builder.header().version = 2;
  CHECK_THAT(error_of(builder.finish()),
             Catch::Contains("version 2, this dbgtrace reads version 1"));
  builder.header().version = 1;
  builder.header().sections[7].offset_bytes = 3;
  CHECK_THAT(error_of(builder.finish()), Catch::Contains("section \"live\""));
}

TEST_CASE("few bytes that stand for endless frames are bounded") {
  RecordingBuilder builder;
  const uint32_t outer = builder.add_stack(Frames(600, 7));
  std::vector<std::byte> file = builder.finish();
  // Every site of the table has the same long stack; a file cut behind it holds less than they
  // would take.
  for (uint32_t slot = 1; slot < 16; ++slot) builder.add_site(slot, outer);
  file = builder.finish();
  file.resize(builder.offset(SectionKind::kStacks) + 6000);
  const Trace trace = loaded(file);
  uint64_t frames = 0;
  for (size_t i = 0; i < trace.stacks.size(); ++i) frames += trace.stacks[i].pcs.size();
  CHECK(frames <= file.size() / 4 + ring::kMaxFrames);
}
