// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/event_stream.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "reader/trace/load.hpp"
#include "tests/support/events.hpp"
#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using tests::RecordingBuilder;

namespace {

std::vector<reader::trace::Event> events_of(const std::vector<std::byte>& file) {
  auto trace = reader::trace::load_image(file, "x.dbgt");
  REQUIRE(trace);
  return tests::events_of(file, *trace);
}

bool in_order(const std::vector<reader::trace::Event>& events) {
  return std::is_sorted(events.begin(), events.end(),
                        [](const auto& a, const auto& b) { return a.time_us < b.time_us; });
}

}  // namespace

TEST_CASE("events come oldest first, sealed ones and open ones alike") {
  const auto events = events_of(tests::make_example().finish());
  REQUIRE(events.size() == 65);
  CHECK(in_order(events));
  CHECK(events.front().sequence == 1);
  CHECK(events.back().sequence == 4);
}

TEST_CASE("blocks that overlap in time are merged, whatever their order in the ring") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 20, 1000));
  builder.seal(3, tests::make_events(3, 20, 100));
  builder.seal(2, tests::make_events(2, 20, 1005));
  builder.open(0, 4, tests::make_events(4, 10, 90), 10);
  const auto events = events_of(builder.finish());
  CHECK(events.size() == 70);
  CHECK(in_order(events));
  CHECK(events.front().sequence == 4);
  CHECK(events.back().sequence == 2);
}

TEST_CASE("events of a block that its threads wrote out of order are put in order") {
  RecordingBuilder builder;
  auto late = tests::make_events(1, 20, 500);
  std::reverse(late.begin(), late.end());
  builder.seal(1, late);
  const auto events = events_of(builder.finish());
  CHECK(events.size() == 20);
  CHECK(in_order(events));
}

TEST_CASE("a block that claims a later beginning than it has is put where its events belong") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 20, 1000));
  auto zero = tests::make_events(2, 20, 0);  // a first event at time 0 is no "first_us" of its own
  builder.seal(2, zero);
  const auto events = events_of(builder.finish());
  CHECK(in_order(events));
  CHECK(events.front().time_us == 0);
}

TEST_CASE("a recording without a history has no events") {
  CHECK(events_of(RecordingBuilder().finish()).empty());
}
