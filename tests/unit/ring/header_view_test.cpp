// SPDX-License-Identifier: Apache-2.0
#include "ring/header_view.hpp"

#include <catch2/catch.hpp>

#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using ring::SectionKind;

namespace {

ring::HeaderReport report_of(const std::vector<std::byte>& file) {
  ring::Header header;
  return ring::read_header(file, header);
}

// The problem of a file whose section was changed; the checksum fits.
template <typename Change>
ring::HeaderReport with_section(SectionKind kind, Change change) {
  tests::RecordingBuilder builder;
  change(builder.header().sections[static_cast<uint32_t>(kind)], builder.header());
  return report_of(builder.finish());
}

}  // namespace

TEST_CASE("a header that keeps every rule passes") {
  const ring::HeaderReport report = report_of(tests::make_example().finish());
  CHECK(report.problem == nullptr);
  CHECK(report.checksum_fits);
}

TEST_CASE("a file that begins otherwise is foreign, whatever its size") {
  CHECK(report_of({}).foreign);
  CHECK(report_of(std::vector<std::byte>(7)).foreign);
  std::vector<std::byte> file = tests::make_example().finish();
  tests::flip_bit(file, 3);
  CHECK(report_of(file).foreign);
}

TEST_CASE("a header cut at any place is a problem and no crash") {
  const std::vector<std::byte> file = tests::make_example().finish();
  for (size_t size = 8; size < ring::kHeaderBytes; size += 97) {
    const ring::HeaderReport report =
        report_of({file.begin(), file.begin() + static_cast<long>(size)});
    REQUIRE(report.problem != nullptr);
    REQUIRE_FALSE(report.foreign);
  }
}

TEST_CASE("every bit of the static header is covered by its checksum") {
  const std::vector<std::byte> good = tests::make_example().finish();
  for (uint64_t at = sizeof(ring::kMagic); at < ring::kStaticHeaderBytes; ++at) {
    std::vector<std::byte> file = good;
    tests::flip_bit(file, at, at % 8);
    REQUIRE_FALSE(report_of(file).checksum_fits);
  }
}

TEST_CASE("a changed process id leaves the sections readable") {
  std::vector<std::byte> file = tests::make_example().finish();
  tests::flip_bit(file, offsetof(ring::Header, pid));
  const ring::HeaderReport report = report_of(file);
  CHECK(report.problem == nullptr);
  CHECK_FALSE(report.checksum_fits);
}

TEST_CASE("another version is named by both numbers") {
  tests::RecordingBuilder builder;
  builder.header().version = 9;
  const ring::HeaderReport report = report_of(builder.finish());
  REQUIRE(report.problem != nullptr);
  CHECK(report.checksum_fits);
  CHECK(report.found == 9);
  CHECK(report.expected == ring::kVersion);
}

TEST_CASE("a section that breaks a rule is refused and named") {
  const ring::HeaderReport behind =
      with_section(SectionKind::kRing,
                   [](ring::Section& s, ring::Header& h) { s.offset_bytes = h.file_bytes - 64; });
  REQUIRE(behind.problem != nullptr);
  CHECK(std::string_view(behind.section) == "ring");
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.offset_bytes = ~uint64_t{7};
        }).problem);
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.size_bytes = ~uint64_t{0};
        }).problem);
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.offset_bytes += 4;
        }).problem);
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.offset_bytes = 64;
        }).problem);
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.entry_bytes = 25;
        }).problem);
  CHECK(with_section(SectionKind::kLive, [](ring::Section& s, ring::Header&) {
          s.capacity = ~0u;
        }).problem);
  CHECK(with_section(SectionKind::kOpenBlocks, [](ring::Section& s, ring::Header&) {
          s.entry_bytes = 0;
        }).problem);
  CHECK(with_section(SectionKind::kOpenBlocks, [](ring::Section& s, ring::Header&) {
          s.entry_bytes = 1u << 20;
        }).problem);
  CHECK(with_section(SectionKind::kRing, [](ring::Section& s, ring::Header&) {
          s.size_bytes -= 8;
        }).problem);
  CHECK(with_section(SectionKind::kRing, [](ring::Section& s, ring::Header& h) {
          s.offset_bytes = h.sections[static_cast<uint32_t>(SectionKind::kLive)].offset_bytes;
        }).problem);
  CHECK(with_section(SectionKind::kRing, [](ring::Section&, ring::Header& h) {
          h.file_bytes = 100;
        }).problem);
  CHECK(with_section(SectionKind::kRing, [](ring::Section&, ring::Header& h) {
          h.file_bytes = ~uint64_t{0};
        }).problem);
  CHECK(with_section(SectionKind::kRing, [](ring::Section& s, ring::Header&) { s = {}; }).problem ==
        nullptr);
}

TEST_CASE("texts without an end are cut") {
  tests::RecordingBuilder builder;
  std::memset(builder.header().exe, 'x', sizeof(builder.header().exe));
  std::memset(builder.header().cmdline, 'x', sizeof(builder.header().cmdline));
  const std::vector<std::byte> file = builder.finish();
  ring::Header header;
  REQUIRE(ring::read_header(file, header).problem == nullptr);
  CHECK(std::strlen(header.exe) == sizeof(header.exe) - 1);
  CHECK(header.cmdline[sizeof(header.cmdline) - 2] == '\0');
}

TEST_CASE("a section of a file cut short has the bytes that are there") {
  std::vector<std::byte> file = tests::make_example().finish();
  ring::Header header;
  REQUIRE(ring::read_header(file, header).problem == nullptr);
  const ring::Section& live = ring::section_of(header, SectionKind::kLive);
  file.resize(live.offset_bytes + 100);
  const auto bytes = ring::section_bytes(file, header, SectionKind::kLive);
  CHECK(bytes.size() == 100);
  CHECK(ring::entries_in(bytes, live) == 4);
  CHECK(ring::section_bytes(file, header, SectionKind::kRing).empty());
}
