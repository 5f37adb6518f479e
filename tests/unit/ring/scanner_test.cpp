// SPDX-License-Identifier: Apache-2.0
#include "ring/scanner.hpp"

#include <catch2/catch.hpp>

#include <memory>

#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using ring::SectionKind;
using tests::RecordingBuilder;

namespace {

struct Scanned {
  std::vector<ring::SealedRef> refs;
  std::vector<ring::Gap> gaps;
  ring::Arrangement arrangement;
  ring::ScanReport report;
};

Scanned scan(const std::vector<std::byte>& file) {
  ring::Header header;
  REQUIRE(ring::read_header(file, header).problem == nullptr);
  const uint64_t ring_bytes = ring::section_of(header, SectionKind::kRing).size_bytes;
  Scanned result;
  ring::SealedScan sealed(ring::section_bytes(file, header, SectionKind::kRing), ring_bytes,
                          header.salt);
  for (ring::SealedRef ref; sealed.next(ref);) result.refs.push_back(ref);
  result.report = sealed.report();
  result.gaps.resize(16);
  result.arrangement = ring::arrange(result.refs, ring_bytes, header.live.ring_head, result.gaps);
  result.refs.resize(result.arrangement.kept);
  result.gaps.resize(result.arrangement.gaps_stored);
  return result;
}

std::vector<uint64_t> sequences(const Scanned& scanned) {
  std::vector<uint64_t> all;
  for (const ring::SealedRef& ref : scanned.refs) all.push_back(ref.sequence);
  return all;
}

ring::BlockEvents decode(const std::vector<std::byte>& file, const ring::SealedRef& ref,
                         ring::EventBuffer& buffer) {
  const auto ring_section = tests::section_of_file(file, SectionKind::kRing);
  return ring::decode_sealed(ring_section, ring_section.size(), RecordingBuilder::kSalt, ref,
                             buffer);
}

// Five blocks at the ring's beginning.
struct FiveBlocks {
  FiveBlocks() {
    for (uint64_t sequence = 1; sequence <= 5; ++sequence) {
      blocks.push_back(builder.seal(sequence, tests::make_events(sequence, 30, sequence * 1000)));
    }
    file = builder.finish();
  }
  RecordingBuilder builder;
  std::vector<RecordingBuilder::Sealed> blocks;
  std::vector<std::byte> file;
};

using Sequences = std::vector<uint64_t>;

}  // namespace

TEST_CASE("sealed blocks come back whole and in order") {
  const FiveBlocks five;
  const Scanned scanned = scan(five.file);
  CHECK(sequences(scanned) == Sequences{1, 2, 3, 4, 5});
  CHECK(scanned.arrangement.gap_bytes == 0);
  const auto buffer = std::make_unique<ring::EventBuffer>();
  for (const ring::SealedRef& ref : scanned.refs) {
    const ring::BlockEvents block = decode(five.file, ref, *buffer);
    REQUIRE(block.valid);
    REQUIRE(block.event_count == 30);
    const auto expected = tests::make_events(ref.sequence, 30, ref.sequence * 1000);
    CHECK(std::memcmp(buffer->events, expected.data(), 30 * sizeof(ring::Event)) == 0);
  }
}

TEST_CASE("an empty ring has neither blocks nor gaps") {
  const Scanned scanned = scan(RecordingBuilder().finish());
  CHECK(scanned.refs.empty());
  CHECK(scanned.arrangement.gap_bytes == 0);
}

TEST_CASE("a flipped bit costs one block, wherever it is") {
  const FiveBlocks five;
  const RecordingBuilder::Sealed& third = five.blocks[2];
  ring::SealedBlock head;
  std::memcpy(&head, five.file.data() + third.offset_bytes, sizeof(head));
  for (uint64_t at = 0; at < sizeof(head) + head.compressed_bytes; ++at) {
    std::vector<std::byte> file = five.file;
    tests::flip_bit(file, third.offset_bytes + at, at % 8);
    const Scanned scanned = scan(file);
    REQUIRE(sequences(scanned) == Sequences{1, 2, 4, 5});
    REQUIRE(scanned.arrangement.gap_bytes == third.total_bytes);
    REQUIRE(scanned.gaps.size() == 1);
    REQUIRE(scanned.gaps[0].after_sequence == 2);
    REQUIRE(scanned.gaps[0].before_sequence == 4);
  }
}

TEST_CASE("a file cut in mid-block yields every earlier block") {
  const FiveBlocks five;
  // The last 64 bytes may be padding only.
  for (uint64_t cut = 0; cut <= five.blocks[3].total_bytes - 64; cut += 13) {
    std::vector<std::byte> file = five.file;
    file.resize(five.blocks[3].offset_bytes + cut);
    const Scanned scanned = scan(file);
    REQUIRE(sequences(scanned) == Sequences{1, 2, 3});
    REQUIRE(scanned.arrangement.gap_bytes ==
            five.blocks[3].total_bytes + five.blocks[4].total_bytes);
  }
}

TEST_CASE("the first and the last block may be missing too") {
  const FiveBlocks five;
  std::vector<std::byte> file = five.file;
  tests::flip_bit(file, five.blocks[0].offset_bytes + 20);
  tests::flip_bit(file, five.blocks[4].offset_bytes + 20);
  const Scanned scanned = scan(file);
  CHECK(sequences(scanned) == Sequences{2, 3, 4});
  CHECK(scanned.arrangement.gap_bytes == five.blocks[0].total_bytes + five.blocks[4].total_bytes);
  CHECK(scanned.arrangement.gaps == 2);
}

TEST_CASE("a block of another recording is not ours") {
  RecordingBuilder builder;
  builder.seal(1, tests::make_events(1, 10, 100));
  builder.header().salt ^= 1;
  CHECK(scan(builder.finish()).refs.empty());
}

TEST_CASE("a block at another place than its own is not believed") {
  const FiveBlocks five;
  std::vector<std::byte> file = five.file;
  const RecordingBuilder::Sealed& first = five.blocks[0];
  std::memcpy(file.data() + five.blocks[4].offset_bytes + five.blocks[4].total_bytes,
              file.data() + first.offset_bytes, first.total_bytes);
  CHECK(sequences(scan(file)) == Sequences{1, 2, 3, 4, 5});
}

TEST_CASE(
    "after many laps the newest blocks are there, without gaps and without remains of earlier "
    "laps") {
  tests::BuilderSizes sizes;
  sizes.ring_bytes = 8192;
  RecordingBuilder builder(sizes);
  for (uint64_t sequence = 1; sequence <= 300; ++sequence) {
    builder.seal(sequence, tests::make_events(sequence, 5 + sequence * 7 % 40, sequence * 1000));
    const Scanned scanned = scan(builder.finish());
    REQUIRE_FALSE(scanned.refs.empty());
    CHECK(scanned.refs.back().sequence == sequence);
    CHECK(scanned.arrangement.gap_bytes == 0);
    for (size_t i = 1; i < scanned.refs.size(); ++i) {
      REQUIRE(scanned.refs[i].sequence == scanned.refs[i - 1].sequence + 1);
    }
  }
}

TEST_CASE("a block that comes a lap too late costs those under it, and is no damage of the file") {
  tests::BuilderSizes sizes;
  sizes.ring_bytes = 16384;
  RecordingBuilder builder(sizes);
  const RecordingBuilder::Sealed late = builder.seal(1, tests::make_events(1, 30, 1000));
  const std::vector<std::byte> before = builder.finish();
  for (uint64_t sequence = 2; builder.live().ring_head < 20'000; ++sequence) {
    builder.seal(sequence, tests::make_events(sequence, 20, sequence * 1000));
  }
  std::vector<std::byte> file = builder.finish();
  REQUIRE(scan(file).arrangement.gap_bytes == 0);
  std::copy_n(before.begin() + static_cast<long>(late.offset_bytes), late.total_bytes,
              file.begin() + static_cast<long>(late.offset_bytes));
  const Scanned scanned = scan(file);
  CHECK(scanned.arrangement.gap_bytes == 0);
  CHECK(scanned.arrangement.late_bytes >= late.total_bytes);
  CHECK(scanned.refs.front().sequence != 1);
}

TEST_CASE("blocks sealed out of order are put in order") {
  RecordingBuilder builder;
  for (uint64_t sequence : {2, 3, 1, 5, 4})
    builder.seal(sequence, tests::make_events(sequence, 20, sequence * 100));
  const Scanned scanned = scan(builder.finish());
  CHECK(sequences(scanned) == Sequences{1, 2, 3, 4, 5});
  CHECK(scanned.arrangement.gap_bytes == 0);
}

TEST_CASE("a stale or damaged ring_head hides no block") {
  FiveBlocks five;
  const uint64_t head = five.builder.live().ring_head;
  for (uint64_t wrong : {uint64_t{0}, head / 2, head | uint64_t{1} << 62, ~uint64_t{0}}) {
    five.builder.live().ring_head = wrong;
    CHECK(sequences(scan(five.builder.finish())) == Sequences{1, 2, 3, 4, 5});
  }
}

TEST_CASE("a ring_head ahead of the blocks is a gap at the end") {
  FiveBlocks five;
  five.builder.live().ring_head += 640;
  CHECK(scan(five.builder.finish()).arrangement.gap_bytes == 640);
}

TEST_CASE("torn events of a sealed block are left out and counted") {
  RecordingBuilder builder;
  std::vector<ring::Event> events = tests::make_events(7, 10, 100);
  events[2].head = 0;
  events[5] = tests::make_event(ring::EventKind::kSample, 6, 1);
  builder.seal(7, events);
  const std::vector<std::byte> file = builder.finish();
  const Scanned scanned = scan(file);
  REQUIRE(scanned.refs.size() == 1);
  const auto buffer = std::make_unique<ring::EventBuffer>();
  const ring::BlockEvents block = decode(file, scanned.refs[0], *buffer);
  CHECK(block.valid);
  CHECK(block.event_count == 8);
  CHECK(block.torn_count == 2);
}

TEST_CASE("a block whose bytes do not decompress is refused, though its checksum fits") {
  FiveBlocks five;
  const RecordingBuilder::Sealed& second = five.blocks[1];
  ring::SealedBlock head;
  std::byte* at = five.file.data() + second.offset_bytes;
  std::memset(at + sizeof(head), 0xff, 40);
  std::memcpy(&head, at, sizeof(head));
  head.checksum = 0;
  head.checksum =
      ring::crc32c(at + sizeof(head), head.compressed_bytes, ring::crc32c(&head, sizeof(head)));
  std::memcpy(at, &head, sizeof(head));
  const Scanned scanned = scan(five.file);
  REQUIRE(scanned.refs.size() == 5);
  const auto buffer = std::make_unique<ring::EventBuffer>();
  CHECK_FALSE(decode(five.file, scanned.refs[1], *buffer).valid);
  CHECK(decode(five.file, scanned.refs[2], *buffer).valid);
}

TEST_CASE("a ring of overlapping false blocks is given up, not searched for minutes") {
  tests::BuilderSizes sizes;
  sizes.ring_bytes = 512 * 1024;
  RecordingBuilder builder(sizes);
  std::vector<std::byte> file = builder.finish();
  const uint64_t at = builder.offset(SectionKind::kRing);
  for (uint64_t offset = 0; offset < sizes.ring_bytes; offset += 64) {
    ring::SealedBlock head{};
    head.magic = ring::kSealedMagic;
    head.salt = RecordingBuilder::kSalt;
    head.sequence = 1;
    head.position = offset;
    head.compressed_bytes =
        static_cast<uint32_t>(std::min<uint64_t>(65536, sizes.ring_bytes - offset - sizeof(head)));
    std::memcpy(file.data() + at + offset, &head, sizeof(head));
  }
  const Scanned scanned = scan(file);
  CHECK(scanned.report.gave_up);
  CHECK(scanned.refs.empty());
}
