// SPDX-License-Identifier: Apache-2.0
// The recorder's writer against the scanner: what one puts into a ring of few laps or many, the
// other finds.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "ring/event_writer.hpp"
#include "ring/header_view.hpp"
#include "ring/plan.hpp"
#include "ring/scanner.hpp"

using namespace dbgtrace;
using ring::SectionKind;

namespace {

constexpr uint64_t kSalt = 77;

// A recording of 1 MiB in memory with a writer on it.
struct Recording {
  struct alignas(4096) Page {
    std::byte bytes[4096];
  };
  Recording() : pages(ring::kMinFileBytes / sizeof(Page)), scratch(4 * ring::kSealScratchBytes) {
    const ring::Plan plan = ring::make_plan(ring::kMinFileBytes, false);
    ledger = ring::Ledger(pages[0].bytes, {});
    ring::Header& header = ledger.header();
    std::memcpy(header.magic, ring::kMagic, sizeof(header.magic));
    header.version = ring::kVersion;
    header.header_bytes = ring::kHeaderBytes;
    header.file_bytes = plan.file_bytes;
    header.salt = kSalt;
    for (uint32_t i = 0; i < ring::kSectionCount; ++i) {
      header.sections[i] = plan.sections[i];
      ledger.set_section(static_cast<SectionKind>(i), plan.sections[i]);
    }
    header.static_checksum = ring::static_checksum(header);
    writer.start(ledger, kSalt, scratch.data());
  }
  std::span<const std::byte> file() const { return {pages[0].bytes, pages.size() * sizeof(Page)}; }

  std::vector<Page> pages;
  std::vector<std::byte> scratch;
  ring::Ledger ledger;
  ring::EventWriter writer;
};

struct History {
  std::vector<uint64_t> values;  // `a` of every event, by block
  ring::Arrangement arrangement;
  uint64_t torn = 0;
};

History read_back(const Recording& recording) {
  ring::Header header;
  REQUIRE(ring::read_header(recording.file(), header).problem == nullptr);
  const auto ring_bytes = ring::section_bytes(recording.file(), header, SectionKind::kRing);
  std::vector<ring::SealedRef> refs;
  ring::SealedScan scan(ring_bytes, ring_bytes.size(), kSalt);
  for (ring::SealedRef ref; scan.next(ref);) refs.push_back(ref);
  History history;
  history.arrangement = ring::arrange(refs, ring_bytes.size(), header.live.ring_head, {});
  refs.resize(history.arrangement.kept);
  const auto buffer = std::make_unique<ring::EventBuffer>();
  auto take = [&](const ring::BlockEvents& block) {
    for (uint32_t i = 0; i < block.event_count; ++i) history.values.push_back(buffer->events[i].a);
    history.torn += block.torn_count;
  };
  for (const ring::SealedRef& ref : refs) {
    const ring::BlockEvents block =
        ring::decode_sealed(ring_bytes, ring_bytes.size(), kSalt, ref, *buffer);
    REQUIRE(block.valid);
    take(block);
  }
  const auto open = ring::section_bytes(recording.file(), header, SectionKind::kOpenBlocks);
  const uint32_t slot_bytes = ring::section_of(header, SectionKind::kOpenBlocks).entry_bytes;
  for (size_t at = 0; at + slot_bytes <= open.size(); at += slot_bytes) {
    const ring::OpenEvents block = ring::read_open(open.subspan(at, slot_bytes), kSalt, *buffer);
    const bool sealed = std::any_of(
        refs.begin(), refs.end(), [&](const auto& ref) { return ref.sequence == block.sequence; });
    if (block.valid && !sealed) take(block);
  }
  return history;
}

}  // namespace

TEST_CASE("every event that was written is read, sealed or open, until the ring is full") {
  for (uint64_t count : {0, 1, 100, 126, 127, 5000}) {
    Recording recording;
    for (uint64_t i = 0; i < count; ++i)
      recording.writer.write(ring::EventKind::kSample, 1, 0, i, 0, i, i * 7919);
    History history = read_back(recording);
    std::sort(history.values.begin(), history.values.end());
    REQUIRE(history.values.size() == count);
    for (uint64_t i = 0; i < count; ++i) REQUIRE(history.values[i] == i);
    CHECK(history.arrangement.gap_bytes == 0);
  }
}

TEST_CASE("after many laps the newest events are read without a gap") {
  Recording recording;
  constexpr uint64_t kCount = 300'000;
  uint64_t state = 1;
  for (uint64_t i = 0; i < kCount; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    recording.writer.write(ring::EventKind::kSample, 1, 0, i, 0, i, state);
    if (i % 10'007 != 0) continue;
    History history = read_back(recording);
    std::sort(history.values.begin(), history.values.end());
    REQUIRE(history.arrangement.gap_bytes == 0);
    REQUIRE(history.values.back() == i);
    REQUIRE(history.values.back() - history.values.front() + 1 == history.values.size());
  }
}

// By design a race on the events' words, which their tags settle afterwards; ThreadSanitizer does
// not know such proofs.
#ifndef __SANITIZE_THREAD__
TEST_CASE("a reader of a running writer meets whole events only") {
  Recording recording;
  std::thread writer([&] {
    for (uint64_t i = 0; i < 200'000; ++i)
      recording.writer.write(ring::EventKind::kSample, 1, 0, i, 0, i, ~i);
  });
  const auto buffer = std::make_unique<ring::EventBuffer>();
  const ring::Section& open = recording.ledger.section(SectionKind::kOpenBlocks);
  uint64_t wrong = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto slot = recording.file().subspan(open.offset_bytes + round % 4 * open.entry_bytes,
                                               open.entry_bytes);
    const ring::OpenEvents block = ring::read_open(slot, kSalt, *buffer);
    for (uint32_t i = 0; block.valid && i < block.event_count; ++i)
      wrong += buffer->events[i].b != ~buffer->events[i].a;
  }
  writer.join();
  CHECK(wrong == 0);
}
#endif
