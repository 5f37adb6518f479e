// SPDX-License-Identifier: Apache-2.0
// Makes recordings by hand, byte by byte from docs/file-format.md and without the recorder's own
// writer, so that a mistake in one of the two does not hide in the other.
#pragma once

#include <lz4.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "ring/checksum.hpp"
#include "ring/header_view.hpp"
#include "ring/layout.hpp"
#include "ring/weight.hpp"

namespace dbgtrace::tests {

struct BuilderSizes {
  uint64_t file_bytes = ring::kMinFileBytes;
  uint64_t ring_bytes = 16384;
  uint32_t open_slots = 2;
  uint32_t open_slot_bytes = 4096;
  uint32_t black_box_bytes = 65536;
};

inline ring::Event make_event(ring::EventKind kind, uint64_t sequence, uint64_t time_us,
                              uint64_t a = 0x1000, uint64_t b = 64) {
  const uint64_t head = static_cast<uint64_t>(kind) | (sequence & 0xffff) << 8 | uint64_t{1} << 24 |
                        uint64_t{ring::kWeightOne} << 40;
  return {head, time_us, a, b};
}

// Events with addresses and times that differ, as real ones do.
inline std::vector<ring::Event> make_events(uint64_t sequence, uint32_t count, uint64_t first_us) {
  std::vector<ring::Event> events;
  uint64_t state = sequence * 0x9e3779b97f4a7c15;
  for (uint32_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    events.push_back(
        make_event(ring::EventKind::kSample, sequence, first_us + i, state >> 20, state >> 40));
  }
  return events;
}

class RecordingBuilder {
 public:
  static constexpr uint64_t kSalt = 0x5a17'0000'1234'9876;

  explicit RecordingBuilder(const BuilderSizes& sizes = {}) : bytes_(sizes.file_bytes) {
    ring::Header& h = header();
    std::memcpy(h.magic, ring::kMagic, sizeof(h.magic));
    h.version = ring::kVersion;
    h.header_bytes = ring::kHeaderBytes;
    h.file_bytes = sizes.file_bytes;
    h.salt = kSalt;
    h.pid = 4242;
    h.start_unix_ns = 1'700'000'000'000'000'000;
    h.base_interval_bytes = 524288;
    h.arch = static_cast<uint32_t>(ring::Arch::kX86_64);
    h.page_bytes = 4096;
    std::strcpy(h.exe, "/usr/bin/example");
    std::memcpy(h.cmdline, "example\0--flag\0", 15);
    h.live.state = static_cast<uint32_t>(ring::State::kExited);
    h.live.last_us = h.live.end_us = 60'000'000;
    h.live.interval_bytes = 524288;
    uint64_t at = ring::kHeaderBytes;
    place(at, ring::SectionKind::kSeries, sizeof(ring::SeriesPoint), 64);
    place(at, ring::SectionKind::kThreads, sizeof(ring::Thread), 16);
    place(at, ring::SectionKind::kModules, sizeof(ring::Module), 8);
    place(at, ring::SectionKind::kStrings, 1, 1024);
    place(at, ring::SectionKind::kSites, sizeof(ring::Site), 16);
    place(at, ring::SectionKind::kHistories, sizeof(ring::History), 4);
    place(at, ring::SectionKind::kStacks, 8, 1024);
    place(at, ring::SectionKind::kLive, sizeof(ring::Live), 64);
    place(at, ring::SectionKind::kFreed, sizeof(ring::Freed), 16);
    place(at, ring::SectionKind::kOpenBlocks, sizes.open_slot_bytes, sizes.open_slots);
    place(at, ring::SectionKind::kRing, 1, static_cast<uint32_t>(sizes.ring_bytes));
    place(at, ring::SectionKind::kBlackBox, 1, sizes.black_box_bytes);
  }

  ring::Header& header() { return header_; }
  ring::LiveHeader& live() { return header_.live; }
  uint64_t offset(ring::SectionKind kind, uint64_t index = 0) {
    const ring::Section& section = ring::section_of(header(), kind);
    return section.offset_bytes + index * section.entry_bytes;
  }
  template <typename Entry>
  Entry& entry(ring::SectionKind kind, uint64_t index) {
    return *reinterpret_cast<Entry*>(bytes_.data() + offset(kind, index));
  }

  uint32_t add_string(std::string_view text) {
    const uint32_t at = live().strings_used;
    std::byte* place = bytes_.data() + offset(ring::SectionKind::kStrings, at);
    const auto length = static_cast<uint32_t>(text.size());
    std::memcpy(place + 4, &length, 4);
    std::memcpy(place + 8, text.data(), length);
    const uint32_t checksum = ring::nonzero(ring::crc32c(place + 4, 4 + length));
    std::memcpy(place, &checksum, 4);
    live().strings_used = (at + 8 + length + 3) / 4 * 4;
    return at;
  }

  uint32_t add_module(std::string_view path, uint64_t start, uint64_t end, uint64_t load_us = 0,
                      uint64_t unload_us = 0) {
    ring::Module module{};
    module.start = start;
    module.end = end;
    module.bias = start;
    module.load_us = load_us;
    module.path = add_string(path);
    module.build_id_bytes = 4;
    std::memcpy(module.build_id, "\xde\xad\xbe\xef", 4);
    module.checksum = ring::nonzero(ring::crc32c(&module, sizeof(module)));
    module.unload_us = unload_us;
    const uint32_t index = live().modules_used++;
    entry<ring::Module>(ring::SectionKind::kModules, index) = module;
    return index;
  }

  // pcs are the new frames; kept counts the outermost frames of the parent that follow them.
  uint32_t add_stack(const std::vector<uint64_t>& pcs, uint32_t parent = 0, uint16_t kept = 0) {
    const uint32_t reference = live().stacks_used == 0 ? 1 : live().stacks_used;
    ring::Stack stack{};
    stack.new_frames = static_cast<uint16_t>(pcs.size());
    stack.kept_frames = kept;
    stack.parent = parent;
    if (kept != 0) {
      stack.chain =
          static_cast<uint8_t>(entry<ring::Stack>(ring::SectionKind::kStacks, parent).chain + 1);
    }
    stack.time_us = 5;
    const uint32_t crc = ring::crc32c(reinterpret_cast<std::byte*>(&stack) + 4, sizeof(stack) - 4);
    stack.checksum = ring::nonzero(ring::crc32c(pcs.data(), pcs.size() * 8, crc));
    std::byte* place = bytes_.data() + offset(ring::SectionKind::kStacks, reference);
    std::memcpy(place, &stack, sizeof(stack));
    if (!pcs.empty()) std::memcpy(place + sizeof(stack), pcs.data(), pcs.size() * 8);
    live().stacks_used = reference + static_cast<uint32_t>(sizeof(stack) / 8 + pcs.size());
    return reference;
  }

  ring::Site& add_site(uint32_t slot, uint32_t stack, uint32_t history = 0) {
    ring::Site& site = entry<ring::Site>(ring::SectionKind::kSites, slot);
    site.stack_hash = 0x1000 + slot;
    site.stack = stack;
    site.history_generation = history;
    site.kind = static_cast<uint16_t>(ring::SiteKind::kHeap);
    site.first_us = 10;
    site.births = 3;
    site.birth_bytes = 3000;
    return site;
  }

  void add_live(uint32_t slot, uint64_t address, uint64_t size_bytes, uint32_t site,
                uint64_t time_us = 20) {
    ring::Live& live_entry = entry<ring::Live>(ring::SectionKind::kLive, slot);
    live_entry.time_weight = time_us | uint64_t{ring::kWeightOne} << 48;
    live_entry.size_site = size_bytes | uint64_t{site} << 40;
    live_entry.address_state = address | uint64_t{1} << 48 | uint64_t{1} << 50;
  }

  // The newest free so far.
  void add_freed(uint32_t index, uint64_t address, uint64_t size_bytes, uint32_t site,
                 uint32_t free_site, uint64_t time_us, uint64_t age_us) {
    entry<ring::Freed>(ring::SectionKind::kFreed, index) = {
        address | uint64_t{1} << 50, time_us | uint64_t{ring::kWeightOne} << 48,
        size_bytes | uint64_t{site} << 40, age_us | uint64_t{free_site} << 40};
    live().freed_count = index + 1;
  }

  void add_thread(uint32_t index, uint32_t tid, const char* name) {
    ring::Thread& thread = entry<ring::Thread>(ring::SectionKind::kThreads, index);
    thread.tid = tid;
    std::strncpy(thread.name, name, sizeof(thread.name) - 1);
  }

  struct Sealed {
    uint64_t offset_bytes;  // in the file
    uint64_t total_bytes;
    uint64_t position;
  };
  // Appends a block at ring_head, skipping a lap's end where it does not fit.
  Sealed seal(uint64_t sequence, const std::vector<ring::Event>& events) {
    const ring::Section& section = ring::section_of(header(), ring::SectionKind::kRing);
    std::vector<std::byte> block(sizeof(ring::SealedBlock) +
                                 2 * sizeof(ring::Event) * (events.size() + 1));
    ring::SealedBlock head{};
    head.magic = ring::kSealedMagic;
    head.salt = header().salt;
    head.sequence = sequence;
    head.event_count = static_cast<uint32_t>(events.size());
    head.raw_bytes = static_cast<uint32_t>(events.size() * sizeof(ring::Event));
    head.first_us = events.empty() ? 0 : events.front().time;
    head.last_us = events.empty() ? 0 : events.back().time;
    char* compressed = reinterpret_cast<char*>(block.data() + sizeof(head));
    head.compressed_bytes = static_cast<uint32_t>(LZ4_compress_default(
        reinterpret_cast<const char*>(events.data()), compressed, static_cast<int>(head.raw_bytes),
        static_cast<int>(block.size() - sizeof(head))));
    const uint64_t total = (sizeof(head) + head.compressed_bytes + 63) / 64 * 64;
    const uint64_t left = section.size_bytes - live().ring_head % section.size_bytes;
    head.position = live().ring_head + (left < total ? left : 0);
    head.checksum =
        ring::crc32c(compressed, head.compressed_bytes, ring::crc32c(&head, sizeof(head)));
    std::memcpy(block.data(), &head, sizeof(head));
    const uint64_t at = section.offset_bytes + head.position % section.size_bytes;
    std::memcpy(bytes_.data() + at, block.data(), sizeof(head) + head.compressed_bytes);
    live().ring_head = head.position + total;
    live().next_sequence = sequence;
    return {at, total, head.position};
  }

  // reserved may exceed the events that are there: the rest stays as it was.
  void open(uint32_t slot, uint64_t sequence, const std::vector<ring::Event>& events,
            uint32_t reserved) {
    std::byte* place = bytes_.data() + offset(ring::SectionKind::kOpenBlocks, slot);
    ring::OpenBlock head{};
    head.salt = header().salt;
    head.cursor = sequence << 32 | reserved;
    std::memcpy(place, &head, sizeof(head));
    if (!events.empty())
      std::memcpy(place + sizeof(head), events.data(), events.size() * sizeof(ring::Event));
  }

  // The finished file; the builder may go on afterwards.
  std::vector<std::byte> finish() {
    header_.static_checksum = ring::static_checksum(header_);
    std::memcpy(bytes_.data(), &header_, sizeof(header_));
    return bytes_;
  }

 private:
  void place(uint64_t& at, ring::SectionKind kind, uint32_t entry_bytes, uint32_t capacity) {
    const uint64_t size_bytes = (uint64_t{entry_bytes} * capacity + 63) / 64 * 64;
    header().sections[static_cast<uint32_t>(kind)] = {at, size_bytes, entry_bytes, capacity};
    at += size_bytes;
  }

  ring::Header header_{};  // apart from the rest, since its alignment is larger than a vector's
  std::vector<std::byte> bytes_;
};

// The section's bytes of a finished file.
inline std::span<const std::byte> section_of_file(const std::vector<std::byte>& file,
                                                  ring::SectionKind kind) {
  ring::Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  return ring::section_bytes(file, header, kind);
}

inline void flip_bit(std::vector<std::byte>& file, uint64_t offset_bytes, unsigned bit = 0) {
  file.at(offset_bytes) ^= std::byte{1} << bit;
}

// A recording with something in every table, as other tests and the fuzzers' seeds start from.
inline RecordingBuilder make_example() {
  RecordingBuilder builder;
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  builder.add_module("/usr/lib/libexample.so.1", 0x7f0000000000, 0x7f0000100000, 7);
  const uint32_t outer = builder.add_stack({0x400100, 0x400200, 0x400300});
  const uint32_t inner = builder.add_stack({0x7f0000000123}, outer, 2);
  auto& history = builder.entry<ring::History>(ring::SectionKind::kHistories, 0);
  history.site = 3;
  history.points_used = 2;
  history.step_ds = 1;
  history.points[0] = {1, 1, 1000};
  history.points[1] = {2, 2, 2000};
  history.deaths[10] = 1;
  builder.add_site(3, inner, 1);
  builder.add_site(5, outer);
  builder.add_live(7, 0x5555'0000, 1000, 3);
  builder.add_live(9, 0x5555'1000, 2000, 5, 30);
  builder.add_thread(1, 4242, "example");
  builder.add_freed(0, 0x5555'2000, 500, 3, 5, 1'000'000, 400);
  // 250 ms steps in 16 slots, then minutes in 16 and hours in 32.
  for (uint64_t time_us : {59'300'000u, 59'600'000u, 59'900'000u}) {
    const uint64_t slot = time_us / ring::kSeriesLevels[0].step_us % 16;
    builder.entry<ring::SeriesPoint>(ring::SectionKind::kSeries, slot) = {time_us, 3000, 0,
                                                                          4096,    6000, 3000};
  }
  builder.entry<ring::SeriesPoint>(ring::SectionKind::kSeries, 16) = {30'000'000, 2000, 0,
                                                                      4096,       3000, 2000};
  for (uint64_t sequence = 1; sequence <= 3; ++sequence)
    builder.seal(sequence, make_events(sequence, 20, sequence * 100));
  builder.open(0, 4, make_events(4, 5, 400), 5);
  return builder;
}

}  // namespace dbgtrace::tests
