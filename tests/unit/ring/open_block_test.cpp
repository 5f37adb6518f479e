// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <memory>

#include "ring/scanner.hpp"
#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using tests::RecordingBuilder;

namespace {

struct Reading {
  ring::OpenEvents result;
  std::unique_ptr<ring::EventBuffer> buffer = std::make_unique<ring::EventBuffer>();
};

Reading read_slot(RecordingBuilder& builder, uint32_t slot) {
  const std::vector<std::byte> file = builder.finish();
  const auto slots = tests::section_of_file(file, ring::SectionKind::kOpenBlocks);
  const uint32_t slot_bytes =
      ring::section_of(builder.header(), ring::SectionKind::kOpenBlocks).entry_bytes;
  Reading reading;
  reading.result = ring::read_open(slots.subspan(slot * slot_bytes, slot_bytes),
                                   RecordingBuilder::kSalt, *reading.buffer);
  return reading;
}

}  // namespace

TEST_CASE("an open block gives the events that its cursor counts") {
  RecordingBuilder builder;
  builder.open(1, 12, tests::make_events(12, 20, 500), 15);
  const Reading reading = read_slot(builder, 1);
  CHECK(reading.result.valid);
  CHECK(reading.result.sequence == 12);
  CHECK(reading.result.event_count == 15);
  CHECK(reading.result.torn_count == 0);
  CHECK_FALSE(reading.result.sealing);
  CHECK(reading.buffer->events[14].time == 514);
}

TEST_CASE("a slot that was never used, or is being opened, is empty") {
  RecordingBuilder builder;
  CHECK(read_slot(builder, 0).result.empty);
  builder.open(0, 0, {}, 0xffffffff);
  CHECK(read_slot(builder, 0).result.empty);
}

TEST_CASE("an event of the slot's earlier block is torn, not taken") {
  RecordingBuilder builder;
  std::vector<ring::Event> events = tests::make_events(9, 8, 100);
  events[3] = tests::make_event(ring::EventKind::kFree, 5, 42);
  builder.open(0, 9, events, 10);
  const Reading reading = read_slot(builder, 0);
  CHECK(reading.result.event_count == 7);
  CHECK(reading.result.torn_count == 3);
  CHECK(reading.buffer->events[3].time == 104);
}

TEST_CASE("where the tag of a sequence is zero, unwritten events are still torn") {
  RecordingBuilder builder;
  builder.open(0, 65536, tests::make_events(65536, 2, 100), 5);
  const Reading reading = read_slot(builder, 0);
  CHECK(reading.result.event_count == 2);
  CHECK(reading.result.torn_count == 3);
}

TEST_CASE("a cursor beyond the slot reads the slot only") {
  RecordingBuilder builder;
  const uint32_t places = (4096 - sizeof(ring::OpenBlock)) / sizeof(ring::Event);
  for (uint32_t reserved : {places, places + 3, 0xffffffffu}) {
    builder.open(0, 3, tests::make_events(3, places, 100), reserved);
    const Reading reading = read_slot(builder, 0);
    CHECK(reading.result.sealing);
    CHECK(reading.result.event_count == places);
  }
}

TEST_CASE("a slot of another recording is not read") {
  RecordingBuilder builder;
  builder.header().salt ^= 1;
  builder.open(0, 3, tests::make_events(3, 4, 100), 4);
  builder.header().salt ^= 1;
  const Reading reading = read_slot(builder, 0);
  CHECK_FALSE(reading.result.valid);
  CHECK_FALSE(reading.result.empty);
}
