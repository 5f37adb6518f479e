// SPDX-License-Identifier: Apache-2.0
#include "ring/ledger_view.hpp"

#include <catch2/catch.hpp>

#include <array>

#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using ring::EntryState;
using ring::SectionKind;
using tests::RecordingBuilder;

namespace {

using Frames = std::vector<uint64_t>;

struct Expanded {
  ring::ExpandedStack stack;
  Frames frames;
};

Expanded expand(const std::vector<std::byte>& file, uint32_t reference) {
  std::array<uint64_t, ring::kMaxFrames> pcs;
  Expanded result;
  result.stack =
      ring::expand_stack(tests::section_of_file(file, SectionKind::kStacks), reference, pcs);
  result.frames.assign(pcs.begin(), pcs.begin() + result.stack.frame_count);
  return result;
}

// What is noted of a file's stacks from one check to the next.
class Checks {
 public:
  explicit Checks(std::vector<std::byte> file) : file_(std::move(file)) {
    const auto arena = tests::section_of_file(file_, SectionKind::kStacks);
    whole_.resize(arena.size() / 8 / 64 + 1);
    sound_.resize(whole_.size());
  }
  ring::SoundStack operator()(uint32_t reference) {
    return ring::check_stack(tests::section_of_file(file_, SectionKind::kStacks), reference, whole_,
                             sound_);
  }

 private:
  std::vector<std::byte> file_;
  std::vector<uint64_t> whole_, sound_;
};

}  // namespace

TEST_CASE("a stack is its new frames and the outermost of its parents") {
  RecordingBuilder builder;
  const uint32_t first = builder.add_stack({1, 2, 3, 4});
  const uint32_t second = builder.add_stack({10, 11}, first, 3);
  const uint32_t third = builder.add_stack({20}, second, 4);
  const uint32_t fourth = builder.add_stack({30}, third, 2);
  const std::vector<std::byte> file = builder.finish();
  CHECK(expand(file, first).frames == Frames{1, 2, 3, 4});
  CHECK(expand(file, second).frames == Frames{10, 11, 2, 3, 4});
  CHECK(expand(file, third).frames == Frames{20, 11, 2, 3, 4});
  CHECK(expand(file, fourth).frames == Frames{30, 3, 4});
  CHECK(expand(file, fourth).stack.state == EntryState::kWhole);
}

TEST_CASE("a stack is sound in whatever order its chain is checked, and a parent is read once") {
  RecordingBuilder builder;
  const uint32_t first = builder.add_stack({1, 2, 3, 4});
  const uint32_t second = builder.add_stack({10, 11}, first, 3);
  const uint32_t third = builder.add_stack({20}, second, 4);
  constexpr uint32_t kHead = sizeof(ring::Stack) / 8;
  for (const auto& order : {std::array{first, second, third}, std::array{third, second, first},
                            std::array{second, third, first}}) {
    Checks check(builder.finish());
    for (const uint32_t reference : order) {
      const ring::SoundStack checked = check(reference);
      REQUIRE(checked.sound);
      const Expanded whole = expand(builder.finish(), reference);
      CHECK(checked.head.new_frames + checked.head.kept_frames == whole.stack.frame_count);
      CHECK(checked.words_read <= whole.stack.words_read);
      // Once more: the entry itself.
      CHECK(check(reference).words_read == kHead + checked.head.new_frames);
    }
  }
}

TEST_CASE("a chain that does not fit together is not sound, whatever was checked before") {
  RecordingBuilder builder;
  const uint32_t outer = builder.add_stack({1, 2, 3});
  const uint32_t inner = builder.add_stack({9}, outer, 2);
  const uint32_t more_than_there_is = builder.add_stack({9}, outer, 4);
  const std::vector<std::byte> file = builder.finish();
  Checks check(file);
  REQUIRE(check(outer).sound);
  CHECK(check(inner).sound);
  CHECK_FALSE(check(more_than_there_is).sound);
  CHECK(expand(file, more_than_there_is).stack.state == EntryState::kDamaged);
  CHECK_FALSE(check(0).sound);
  CHECK_FALSE(check(0xffffffff).sound);

  std::vector<std::byte> flipped = file;
  tests::flip_bit(flipped, builder.offset(SectionKind::kStacks, outer) + 30);
  Checks again(flipped);
  CHECK_FALSE(again(inner).sound);
  CHECK_FALSE(again(outer).sound);
  CHECK_FALSE(again(inner).sound);
}

TEST_CASE("a chain that is too long is not sound, also where its parents are") {
  RecordingBuilder builder;
  std::vector<uint32_t> links = {builder.add_stack({1})};
  for (uint16_t link = 1; link <= ring::kMaxChain + 1; ++link)
    links.push_back(builder.add_stack({uint64_t{100} + link}, links.back(), link));
  Checks upwards(builder.finish());
  for (size_t i = 0; i < links.size(); ++i)
    CHECK(upwards(links[i]).sound == (i <= ring::kMaxChain));
  Checks at_once(builder.finish());
  CHECK_FALSE(at_once(links.back()).sound);
  CHECK(at_once(links[ring::kMaxChain]).sound);
}

TEST_CASE("a damaged parent leaves the frames before it") {
  RecordingBuilder builder;
  const uint32_t outer = builder.add_stack({1, 2, 3});
  const uint32_t inner = builder.add_stack({9}, outer, 2);
  std::vector<std::byte> file = builder.finish();
  tests::flip_bit(file, builder.offset(SectionKind::kStacks, outer) + 30);
  const Expanded expanded = expand(file, inner);
  CHECK(expanded.stack.state == EntryState::kDamaged);
  CHECK(expanded.stack.bad_reference == outer);
  CHECK(expanded.frames == Frames{9});
}

TEST_CASE("every bit of a stack is covered by its checksum") {
  RecordingBuilder builder;
  const uint32_t reference = builder.add_stack({1, 2, 3});
  const std::vector<std::byte> good = builder.finish();
  for (uint64_t at = 0; at < sizeof(ring::Stack) + 24; ++at) {
    std::vector<std::byte> file = good;
    tests::flip_bit(file, builder.offset(SectionKind::kStacks, reference) + at, at % 8);
    REQUIRE(expand(file, reference).stack.state != EntryState::kWhole);
  }
}

TEST_CASE("a chain longer than allowed, a circle or a reference outside ends") {
  RecordingBuilder builder;
  uint32_t reference = builder.add_stack({1});
  for (uint32_t link = 1; link <= ring::kMaxChain; ++link)
    reference = builder.add_stack({100 + link}, reference, 1);
  CHECK(expand(builder.finish(), reference).stack.state == EntryState::kWhole);
  uint32_t deep = builder.add_stack({1});
  for (uint32_t link = 1; link <= ring::kMaxChain + 1; ++link) {
    deep = builder.add_stack({100 + link}, deep, static_cast<uint16_t>(link));
  }
  CHECK(expand(builder.finish(), deep).stack.state == EntryState::kDamaged);

  const uint32_t next = builder.live().stacks_used;
  const uint32_t circle = builder.add_stack({5}, next, 1);
  REQUIRE(circle == next);
  const std::vector<std::byte> file = builder.finish();
  CHECK(expand(file, circle).stack.state == EntryState::kDamaged);
  CHECK(expand(file, 0).stack.state == EntryState::kDamaged);
  CHECK(expand(file, 1023).stack.state == EntryState::kDamaged);
  CHECK(expand(file, 0xffffffff).stack.state == EntryState::kDamaged);
}

TEST_CASE("a stack with more frames than allowed is damaged") {
  RecordingBuilder builder;
  const uint32_t outer = builder.add_stack(Frames(600, 7));
  const uint32_t inner = builder.add_stack(Frames(41, 8), outer, 600);
  CHECK(expand(builder.finish(), inner).stack.state == EntryState::kDamaged);
}

TEST_CASE("a module that is not finished is absent, a changed one damaged, an unloaded one whole") {
  RecordingBuilder builder;
  builder.add_module("/lib/a.so", 0x1000, 0x2000, 0, 99);
  builder.add_module("/lib/b.so", 0x3000, 0x4000);
  builder.add_module("/lib/c.so", 0x5000, 0x6000);
  builder.entry<ring::Module>(SectionKind::kModules, 1).checksum = 0;
  builder.entry<ring::Module>(SectionKind::kModules, 2).bias ^= 4;
  const std::vector<std::byte> file = builder.finish();
  const auto modules = tests::section_of_file(file, SectionKind::kModules);
  ring::Module module;
  REQUIRE(ring::read_module(modules, 0, module) == EntryState::kWhole);
  CHECK(module.unload_us == 99);
  CHECK(ring::read_string(tests::section_of_file(file, SectionKind::kStrings), module.path) ==
        "/lib/a.so");
  CHECK(ring::read_module(modules, 1, module) == EntryState::kAbsent);
  CHECK(ring::read_module(modules, 2, module) == EntryState::kDamaged);
  CHECK(ring::read_module(modules, 3, module) == EntryState::kAbsent);
  CHECK(ring::read_module(modules, 99, module) == EntryState::kAbsent);
}

TEST_CASE("a string that is damaged, too long or outside is empty") {
  RecordingBuilder builder;
  const uint32_t at = builder.add_string("hello");
  std::vector<std::byte> file = builder.finish();
  const auto strings = [&] { return tests::section_of_file(file, SectionKind::kStrings); };
  CHECK(ring::read_string(strings(), at) == "hello");
  CHECK(ring::read_string(strings(), at + 1).empty());
  CHECK(ring::read_string(strings(), 1020).empty());
  CHECK(ring::read_string(strings(), 0xfffffffc).empty());
  tests::flip_bit(file, builder.offset(SectionKind::kStrings, at) + 9);
  CHECK(ring::read_string(strings(), at).empty());
}

TEST_CASE("a live slot is read field by field") {
  RecordingBuilder builder;
  builder.add_live(3, 0x7fff'1234'5678, 4711, 5, 99);
  const std::vector<std::byte> file = builder.finish();
  const auto live = tests::section_of_file(file, SectionKind::kLive);
  ring::LiveFields fields;
  REQUIRE(ring::read_live(live, 3, fields) == EntryState::kWhole);
  CHECK(fields.address == 0x7fff'1234'5678);
  CHECK(fields.size_bytes == 4711);
  CHECK(fields.site == 5);
  CHECK(fields.thread == 1);
  CHECK(fields.time_us == 99);
  CHECK(fields.weight == ring::kWeightOne);
  CHECK(fields.state == ring::LiveState::kHeld);
  CHECK(ring::read_live(live, 4, fields) == EntryState::kAbsent);
  CHECK(ring::read_live(live, 64, fields) == EntryState::kAbsent);
}

TEST_CASE("a point of the series is right only in its own slot") {
  RecordingBuilder builder;
  const ring::SeriesRange range = ring::series_range(1, 64);
  CHECK(range.first == 16);
  CHECK(range.capacity == 16);
  builder.entry<ring::SeriesPoint>(SectionKind::kSeries, 16 + 2).time_us = 18 * 60'000'000ull;
  builder.entry<ring::SeriesPoint>(SectionKind::kSeries, 16 + 3).time_us = 18 * 60'000'000ull;
  const std::vector<std::byte> file = builder.finish();
  const auto series = tests::section_of_file(file, SectionKind::kSeries);
  ring::SeriesPoint point;
  CHECK(ring::read_series_point(series, 1, range, 2, point) == EntryState::kWhole);
  CHECK(ring::read_series_point(series, 1, range, 3, point) == EntryState::kDamaged);
  CHECK(ring::read_series_point(series, 1, range, 4, point) == EntryState::kAbsent);
}

TEST_CASE("the levels of the series fill the section and no more") {
  for (uint32_t capacity : {0u, 63u, 64u, 640u, 8192u}) {
    uint32_t next = 0;
    for (uint32_t level = 0; level < std::size(ring::kSeriesLevels); ++level) {
      const ring::SeriesRange range = ring::series_range(level, capacity);
      CHECK(range.first == next);
      next += range.capacity;
    }
    CHECK(next <= capacity);
  }
}
