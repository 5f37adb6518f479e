// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ring/black_box_view.hpp"
#include "ring/black_box_writer.hpp"

using namespace dbgtrace::ring;

namespace {

constexpr uint64_t kSalt = 0x1234'5678'9abc'def0;

uint64_t space_bytes = 0;  // of what the disk gives
bool ensure(uint64_t offset, uint64_t size) { return offset + size <= space_bytes; }

// A file of header and black box, and the writer on it.
struct Box {
  explicit Box(uint64_t section_bytes = 256 << 10) : words((kHeaderBytes + section_bytes) / 8) {
    space_bytes = words.size() * 8;
    ledger = Ledger(reinterpret_cast<std::byte*>(words.data()), {nullptr, ensure});
    ledger.set_section(SectionKind::kBlackBox, {kHeaderBytes, section_bytes, 1, 0});
  }
  bool start() { return writer.start(ledger, kSalt, scratch.data()); }
  std::span<std::byte> section() {
    return std::as_writable_bytes(std::span(words)).subspan(kHeaderBytes);
  }

  std::vector<PartView> parts(uint64_t salt = kSalt) {
    std::vector<PartView> found;
    PartScanner scanner(section(), salt);
    for (PartView part; scanner.next(part);) found.push_back(part);
    damaged = scanner.damaged_parts();
    return found;
  }

  std::vector<uint64_t> words;
  std::vector<std::byte> scratch = std::vector<std::byte>(kBlackBoxScratchBytes);
  Ledger ledger;
  BlackBoxWriter writer;
  uint64_t damaged = 0;
};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(const PartView& part) {
  std::string text(part.raw_bytes, '?');
  return unpack(part, std::as_writable_bytes(std::span(text))) ? text : "(damaged)";
}

std::string noise(size_t size, uint64_t state = 7) {
  std::string text;
  while (text.size() < size)
    text += static_cast<char>((state = state * 6364136223846793005 + 1442695040888963407) >> 56);
  return text;
}

bool append_text(Box& box, const std::string& text, uint32_t subject = 4) {
  return box.writer.append(PartKind::kText, subject, 0, bytes_of(text));
}

CrashHead some_crash() {
  CrashHead crash{};
  crash.signal = 11;
  crash.fault_address = 0x18;
  crash.register_count = kX86Registers;
  std::strcpy(crash.thread_name, "worker");
  return crash;
}

}  // namespace

TEST_CASE("a black box that nobody wrote is absent and no problem") {
  Box box;
  BlackBox head;
  const BlackBoxReport report = read_black_box(box.section(), kSalt, head);
  CHECK_FALSE(report.present);
  CHECK(report.problem == nullptr);
}

TEST_CASE("a started black box is present and holds no crash") {
  Box box;
  REQUIRE(box.start());
  BlackBox head;
  const BlackBoxReport report = read_black_box(box.section(), kSalt, head);
  CHECK(report.present);
  CHECK_FALSE(report.crashed);
  CHECK(head.used_bytes == kBlackBoxHeadBytes);
  CHECK(box.parts().empty());
}

TEST_CASE("what was put into the crash head is read") {
  Box box;
  REQUIRE(box.start());
  CHECK(box.writer.begin_record() == 1);
  box.writer.put_crash(some_crash(), 77);
  BlackBox head;
  const BlackBoxReport report = read_black_box(box.section(), kSalt, head);
  REQUIRE(report.crashed);
  CHECK(report.crash_whole);
  CHECK(head.crash.tid == 77);
  CHECK(head.crash.record == 1);
  CHECK(head.crash.signal == 11);
  CHECK(std::string(head.crash.thread_name) == "worker");
}

TEST_CASE("a flipped bit in the crash head is told, and its texts and counts stay in bounds") {
  Box box;
  REQUIRE(box.start());
  box.writer.begin_record();
  box.writer.put_crash(some_crash(), 77);
  box.writer.head()->crash.register_count = 4000;
  std::memset(box.writer.head()->crash.thread_name, 'x', 16);
  BlackBox head;
  const BlackBoxReport report = read_black_box(box.section(), kSalt, head);
  CHECK(report.crashed);
  CHECK_FALSE(report.crash_whole);
  CHECK(report.problem != nullptr);
  CHECK(head.crash.register_count == kMaxRegisters);
  CHECK(std::string(head.crash.thread_name).size() == 15);
}

TEST_CASE("parts come back in order, with their content, compressed where that helps") {
  Box box;
  REQUIRE(box.start());
  const std::string maps(20000, 'm'), random = noise(3000);
  REQUIRE(append_text(box, maps));
  REQUIRE(box.writer.append(PartKind::kMemory, 2, 0x4000, bytes_of(random)));
  REQUIRE(append_text(box, "short", 12));
  const auto parts = box.parts();
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].compressed);
  CHECK(parts[0].stored.size() < 200);
  CHECK(text_of(parts[0]) == maps);
  CHECK(parts[1].kind == PartKind::kMemory);
  CHECK(parts[1].address == 0x4000);
  CHECK_FALSE(parts[1].compressed);
  CHECK(text_of(parts[1]) == random);
  CHECK(parts[2].subject == 12);
  CHECK(text_of(parts[2]) == "short");
  CHECK(box.damaged == 0);
}

TEST_CASE("more than a part can hold becomes several, whose addresses follow each other") {
  Box box(1 << 20);
  REQUIRE(box.start());
  const std::string stack = noise(2 * kMaxPartBytes + 100);
  REQUIRE(box.writer.append(PartKind::kMemory, 1, 0x7000'0000, bytes_of(stack)));
  const auto parts = box.parts();
  REQUIRE(parts.size() == 3);
  std::string joined;
  for (const PartView& part : parts) {
    CHECK(part.address == 0x7000'0000 + joined.size());
    joined += text_of(part);
  }
  CHECK(joined == stack);
}

TEST_CASE("a black box that is full counts what did not fit and keeps what came before") {
  Box box(kBlackBoxHeadBytes + 4096);
  REQUIRE(box.start());
  box.writer.begin_record();
  REQUIRE(append_text(box, noise(3000)));
  CHECK_FALSE(append_text(box, noise(3000, 8)));
  CHECK(append_text(box, noise(500, 9)));
  CHECK(box.writer.head()->parts_lost == 1);
  CHECK(box.parts().size() == 2);
}

TEST_CASE("a disk that gives no space loses the part, not the recorder") {
  Box box;
  REQUIRE(box.start());
  space_bytes = kHeaderBytes + kBlackBoxHeadBytes;
  CHECK_FALSE(append_text(box, "text"));
  CHECK(box.parts().empty());
  space_bytes = kHeaderBytes;
  BlackBoxWriter other;
  CHECK_FALSE(other.start(box.ledger, kSalt, box.scratch.data()));
}

TEST_CASE("a later record takes the place of an earlier one, but not of what was kept") {
  Box box;
  REQUIRE(box.start());
  REQUIRE(append_text(box, "at the start", 8));
  box.writer.keep();
  box.writer.begin_record();
  REQUIRE(append_text(box, noise(900)));
  REQUIRE(append_text(box, noise(900, 8)));
  box.writer.put_crash(some_crash(), 77);
  CHECK(box.writer.begin_record() == 2);
  REQUIRE(append_text(box, "second"));
  box.writer.put_crash(some_crash(), 78);
  BlackBox head;
  read_black_box(box.section(), kSalt, head);
  std::vector<std::string> texts;
  for (const PartView& part : box.parts()) {
    if (belongs_to(part, head.crash)) texts.push_back(text_of(part));
  }
  CHECK(texts == std::vector<std::string>{"at the start", "second"});
}

TEST_CASE("a damaged part loses itself alone") {
  Box box;
  REQUIRE(box.start());
  for (int i = 0; i < 5; ++i) REQUIRE(append_text(box, noise(300, i + 1), 100 + i));
  const auto before = box.parts();
  REQUIRE(before.size() == 5);
  box.section()[before[2].offset_bytes + sizeof(Part) + 17] ^= std::byte{1};
  const auto after = box.parts();
  REQUIRE(after.size() == 4);
  CHECK(box.damaged == 1);
  CHECK(after[2].subject == 103);
}

TEST_CASE("parts of another recording are not read") {
  Box box;
  REQUIRE(box.start());
  REQUIRE(append_text(box, "old"));
  CHECK(box.parts(kSalt + 1).empty());
  BlackBox head;
  const BlackBoxReport report = read_black_box(box.section(), kSalt + 1, head);
  CHECK_FALSE(report.present);
  CHECK(report.problem != nullptr);
}

TEST_CASE("a section cut anywhere yields every part that is whole in it") {
  Box box(64 << 10);
  REQUIRE(box.start());
  for (int i = 0; i < 6; ++i) REQUIRE(append_text(box, noise(700, i + 1)));
  const auto all = box.parts();
  for (size_t size = 0; size <= box.section().size(); size += 344) {
    size_t whole = 0;
    for (const PartView& part : all)
      whole += part.offset_bytes + sizeof(Part) + part.stored.size() <= size ? 1 : 0;
    PartScanner scanner(box.section().first(size), kSalt);
    size_t found = 0;
    for (PartView part; scanner.next(part);) ++found;
    REQUIRE(found == whole);
  }
}

TEST_CASE("a section made of part headers is given up in bounded time") {
  Box box(1 << 20);
  REQUIRE(box.start());
  Part part{};
  part.magic = kPartMagic;
  part.kind = 1;
  part.compressed = 1;
  part.raw_bytes = kMaxPartBytes;
  part.stored_bytes = kMaxStoredPartBytes;
  const auto section = box.section();
  for (size_t at = kBlackBoxHeadBytes; at + sizeof(part) <= section.size(); at += sizeof(part)) {
    std::memcpy(section.data() + at, &part, sizeof(part));
  }
  PartScanner scanner(section, kSalt);
  PartView view;
  CHECK_FALSE(scanner.next(view));
  CHECK(scanner.gave_up());
}

TEST_CASE("a part that does not decompress to its size is refused") {
  Box box;
  REQUIRE(box.start());
  REQUIRE(append_text(box, std::string(5000, 'a')));
  PartView part = box.parts().at(0);
  std::vector<std::byte> out(kMaxPartBytes);
  CHECK(unpack(part, out));
  part.raw_bytes = 5001;
  CHECK_FALSE(unpack(part, out));
  part.raw_bytes = 4999;
  CHECK_FALSE(unpack(part, out));
  part.raw_bytes = 5000;
  CHECK_FALSE(unpack(part, std::span(out).first(4999)));
}
