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

// Names for every place that the examples' stacks name, before or at an address.
std::string names_of(const std::string& path, std::vector<uint64_t> offsets) {
  reader::symbols::AnswersWriter writer("program 10 1.5\n", path + ": stripped");
  unsigned line = 7;
  for (const uint64_t offset : offsets) {
    const std::string function = "work<" + std::to_string(line) + ">(std::string const&)";
    writer.add(offset, {{function, "/src/main.cpp", line, false}});
    writer.add(offset - 1, {{"inner(int)", "/src/a.hpp", line, true},
                            {"<script>::" + function, "/src/main.cpp", line + 1, true},
                            {"main", "/src/main.cpp", line + 2, false}});
    line += 3;
  }
  return reader::symbols::given_entry({path, "deadbeef"}, writer.bytes());
}

std::string example_names() {
  return names_of("/usr/bin/example",
                  {0x50, 0x100, 0x150, 0x180, 0x190, 0x200, 0x250, 0x280, 0x300, 0x350}) +
         names_of("/usr/lib/libexample.so.1", {0x123, 0x500});
}

void write_bundle(const char* name, RecordingBuilder& recording, const std::string& names) {
  const std::string bundle = reader::trace::pack_bundle(trimmed(recording.finish()), names);
  write(name, std::as_bytes(std::span(bundle)));
}

// Every allocation of a minute: sites that grow, that stay as they are, and that give back.
RecordingBuilder growing() {
  tests::BuilderSizes sizes;
  sizes.black_box_bytes = 16384;
  RecordingBuilder builder(sizes);
  builder.header().base_interval_bytes = builder.live().interval_bytes = 1;
  builder.live().exact_until_us = builder.live().totals_until_us = ~uint64_t{0};
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  builder.add_module("/usr/lib/libexample.so.1", 0x7f0000000000, 0x7f0000100000);
  builder.add_thread(1, 4242, "example");
  builder.add_thread(2, 4243, "worker");
  const uint32_t outer = builder.add_stack({0x400100, 0x400200, 0x400300});
  for (uint32_t i = 0; i < 6; ++i) {
    const uint32_t stack =
        builder.add_stack({uint64_t{0x7f0000000123} + 8 * i, 0x400280}, outer, 2);
    ring::Site& site = builder.add_site(3 + i, stack, i < 4 ? i + 1 : 0);
    site.births = 200;
    site.birth_bytes = 200'000;
    site.deaths = i % 2 == 0 ? 100 : 190;
    site.live_bytes = (site.births - site.deaths) * 1000;
    site.peak_live_bytes = 2 * site.live_bytes;
    site.peak_us = 30'000'000;
    site.temporary = 20 * i;
    for (uint32_t n = 0; n < 6; ++n) {
      const uint32_t slot = 8 * i + n;
      builder.add_live(slot, 0x5555'0000 + 0x1000 * slot, 1000, 3 + i, 8'000'000 * (n + 1));
    }
    builder.add_freed(i, 0x6666'0000 + 0x1000 * i, 500, 3 + i, 3, 50'000'000 + i, 400);
    if (i >= 4) continue;
    auto& history = builder.entry<ring::History>(ring::SectionKind::kHistories, i);
    history.site = 3 + i;
    history.points_used = ring::kHistoryPoints;
    history.step_ds = 25;
    history.deaths[12] = 90;
    for (uint32_t n = 0; n < ring::kHistoryPoints; ++n)
      history.points[n] = {25 * n, i == 0 ? 4 * n : 90, (i == 0 ? 4 * n : 90) * uint64_t{1000}};
  }
  for (uint64_t n = 0; n < 16; ++n) {
    const uint64_t time_us = 56'000'000 + n * ring::kSeriesLevels[0].step_us;
    const uint64_t slot = time_us / ring::kSeriesLevels[0].step_us % 16;
    builder.entry<ring::SeriesPoint>(ring::SectionKind::kSeries, slot) = {
        time_us, 400'000 + 1000 * n, 0, uint64_t{1} << 20, 1'000'000 + 5000 * n, 600'000};
  }
  builder.seal(1, tests::make_events(1, 20, 100));
  return builder;
}

// Modules without a build-id are what the file of that name is: none of these may be waited for.
RecordingBuilder odd_paths() {
  tests::BuilderSizes sizes;
  sizes.ring_bytes = 1024;
  sizes.open_slots = 1;
  sizes.open_slot_bytes = 512;
  sizes.black_box_bytes = 64;
  RecordingBuilder builder(sizes);
  uint64_t start = 0x10000;
  std::vector<uint64_t> pcs;
  for (const char* path : {"/dev/zero", "/proc/kmsg", "/proc/self/mem", "/dev/ptmx", "/", "[vdso]",
                           "/tmp/gone (deleted)", "/bin/true"}) {
    ring::Module& module = builder.entry<ring::Module>(
        ring::SectionKind::kModules, builder.add_module(path, start, start + 0x10000));
    module.build_id_bytes = 0;
    module.checksum = 0;
    module.checksum = ring::nonzero(ring::crc32c(&module, sizeof(module)));
    pcs.push_back(start + 0x2100);
    start += 0x10000;
  }
  builder.add_site(3, builder.add_stack(pcs));
  builder.add_live(7, 0x5555'0000, 1000, 3);
  builder.add_thread(1, 4242, "\x1b[31mred");
  return builder;
}

void write_commands() {
  RecordingBuilder example = tests::make_example(), crash = tests::make_crash_example();
  RecordingBuilder grown = growing(), paths = odd_paths();
  write_bundle("commands/example", example, "");
  write_bundle("commands/crash", crash, example_names());
  write_bundle("commands/growing", grown, example_names());
  write("commands/paths", trimmed(paths.finish()));
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
  write_commands();
  return 0;
}
