// SPDX-License-Identifier: Apache-2.0
// Writes the seed corpus: make_seeds tests/fuzz/corpus. To be run after a change of the format; the
// result is committed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "reader/symbols/answers.hpp"
#include "reader/symbols/given_answers.hpp"
#include "reader/trace/bundle.hpp"
#include "tests/support/crash_example.hpp"
#include "tests/support/recording_builder.hpp"

using namespace dbgtrace;
using tests::RecordingBuilder;

namespace {

std::filesystem::path g_folder;

void write(const char* name, std::span<const std::byte> bytes) {
  const std::filesystem::path path = g_folder / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// Without the zeros at the end: a small input mutates faster, and a short file is worth a test of
// its own.
std::vector<std::byte> trimmed(std::vector<std::byte> file) {
  while (file.size() > ring::kHeaderBytes && file.back() == std::byte{0}) file.pop_back();
  return file;
}

std::vector<std::byte> ring_input(const RecordingBuilder& recording) {
  RecordingBuilder copy = recording;
  const std::vector<std::byte> file = copy.finish();
  const auto section = tests::section_of_file(file, ring::SectionKind::kRing);
  std::vector<std::byte> input(8);
  std::memcpy(input.data(), &RecordingBuilder::kSalt, 8);
  input.insert(input.end(), section.begin(), section.end());
  return input;
}

RecordingBuilder after_laps() {
  tests::BuilderSizes sizes;
  sizes.ring_bytes = 4096;
  sizes.open_slot_bytes = 512;
  RecordingBuilder builder(sizes);
  for (uint64_t sequence = 1; sequence <= 9; ++sequence) {
    builder.seal(sequence, tests::make_events(sequence, 14, sequence * 100));
  }
  builder.open(0, 9, tests::make_events(9, 14, 900), 20);
  builder.open(1, 10, tests::make_events(10, 4, 1000), 6);
  return builder;
}

std::vector<std::byte> black_box(const std::vector<std::byte>& file) {
  const auto section = tests::section_of_file(file, ring::SectionKind::kBlackBox);
  std::vector<std::byte> bytes(section.begin(), section.end());
  while (bytes.size() > ring::kBlackBoxHeadBytes && bytes.back() == std::byte{0}) bytes.pop_back();
  bytes.resize((bytes.size() + 7) / 8 * 8);
  return bytes;
}

std::string answers() {
  reader::symbols::AnswersWriter writer("program 10 1.5\n", "");
  writer.add(0x1000, {{"main", "/src/main.cpp", 3, false}});
  writer.add(0x2000, {{"inner(int)", "/src/a.hpp", 7, true}, {"outer()", "/src/a.cpp", 40, false}});
  return writer.bytes();
}

// No crash, but what was noted at the start.
RecordingBuilder vanished() {
  RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  box.add_text(ring::TextKind::kCgroupMemoryAtStart, "group /x\nmemory.max 1000\noom_kill 2\n");
  return builder;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds FOLDER\n");
    return 2;
  }
  g_folder = argv[1];
  RecordingBuilder example = tests::make_example();
  RecordingBuilder laps = after_laps();
  write("load/example", trimmed(example.finish()));
  write("load/laps", trimmed(laps.finish()));
  RecordingBuilder empty;
  write("load/header_only", trimmed(empty.finish()));
  RecordingBuilder crash = tests::make_crash_example();
  const std::vector<std::byte> crashed = crash.finish();
  write("load/crash", trimmed(crashed));
  write("black_box/crash", black_box(crashed));
  write("black_box/vanished", black_box(vanished().finish()));
  write("scanner/laps", ring_input(laps));
  tests::BuilderSizes small;
  small.ring_bytes = 1024;
  RecordingBuilder one(small);
  one.seal(1, tests::make_events(1, 3, 100));
  write("scanner/one_block", ring_input(one));
  const std::string names = answers();
  write("answers/two_chains", std::as_bytes(std::span(names)));
  const std::string given = reader::symbols::given_entry({"/bin/program", "00ff"}, names);
  write("bundle/names", std::as_bytes(std::span(given)));
  const std::string bundle = reader::trace::pack_bundle(example.finish(), given);
  write("bundle/example", std::as_bytes(std::span(bundle)));
  // An open block: the slot begins with the salt, as the input does.
  std::vector<std::byte> slot(8);
  std::memcpy(slot.data(), &RecordingBuilder::kSalt, 8);
  const std::vector<std::byte> file = laps.finish();
  const auto open = tests::section_of_file(file, ring::SectionKind::kOpenBlocks);
  slot.insert(slot.end(), open.begin(), open.begin() + 512);
  write("scanner/open_block", slot);
  return 0;
}
