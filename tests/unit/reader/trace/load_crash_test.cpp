// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "reader/trace/load.hpp"
#include "tests/support/crash_example.hpp"

using namespace dbgtrace;
using reader::trace::load_image;
using reader::trace::Trace;
using tests::BlackBoxBuilder;
using tests::RecordingBuilder;

namespace {

Trace loaded(const std::vector<std::byte>& file) {
  auto result = load_image(file, "x.dbgt");
  REQUIRE(result);
  return std::move(*result);
}

bool mentions(const Trace& trace, std::string_view words) {
  return std::any_of(trace.damages.begin(), trace.damages.end(), [words](const auto& damage) {
    return damage.what.find(words) != std::string::npos;
  });
}

using Frames = std::vector<uint64_t>;

}  // namespace

TEST_CASE("a crash comes with everything that its black box holds") {
  const Trace trace = loaded(tests::make_crash_example().finish());
  CHECK(trace.damages.empty());
  const auto& box = trace.black_box;
  CHECK(box.present);
  REQUIRE(box.crash);
  const auto& crash = *box.crash;
  CHECK(crash.head_whole);
  CHECK(crash.head.signal == SIGSEGV);
  CHECK(crash.stack.pcs == Frames{0x400150, 0x400350});
  CHECK(crash.stack.exact_leaf);
  CHECK_FALSE(crash.stack.truncated);
  REQUIRE(crash.pointers.size() == 2);
  CHECK(crash.pointers[0].freed);
  CHECK(trace.sites[crash.pointers[0].birth_site].id == 3);
  CHECK(trace.stacks[crash.pointers[0].free_stack].pcs == Frames{0x400250, 0x400350});
  CHECK(crash.pointers[0].free_stack == crash.pointers[1].free_stack);
  CHECK(crash.pointers[0].free_thread == 2);
  REQUIRE(crash.chunks.size() == 1);
  CHECK(crash.chunks[0].chunk_bytes == 80);
  REQUIRE(crash.memory.size() == 3);
  CHECK(std::is_sorted(crash.memory.begin(), crash.memory.end(),
                       [](const auto& a, const auto& b) { return a.address < b.address; }));
  CHECK(box.text(ring::TextKind::kMaps) == tests::kExampleMaps);
  CHECK(box.text(ring::TextKind::kAuxv).empty());
  REQUIRE(crash.threads.size() == 2);
  CHECK(crash.threads[0].name == "reaper");
  CHECK(crash.threads[0].registers.size() == ring::kX86Registers);
  CHECK(crash.threads[0].stack.pcs == Frames{0x7f0000000500, 0x400350});
  CHECK(crash.threads[0].system_call == 202);
  CHECK(crash.threads[1].registers.empty());
  CHECK(crash.threads[1].source == ring::ThreadSource::kLastSample);
  REQUIRE(box.handled.size() == 1);
  CHECK(box.handled[0].count == 3);
  REQUIRE(box.minor.size() == 1);
  CHECK(box.minor[0].tid == 4245);
}

TEST_CASE("a recording without a crash has an empty black box and no damage") {
  const Trace never = loaded(tests::make_example().finish());
  CHECK_FALSE(never.black_box.present);
  CHECK(never.damages.empty());
  RecordingBuilder builder;
  BlackBoxBuilder box(builder);
  box.add_text(ring::TextKind::kCgroupMemoryAtStart, "group /\noom_kill 2\n");
  const Trace quiet = loaded(builder.finish());
  CHECK(quiet.black_box.present);
  CHECK_FALSE(quiet.black_box.crash);
  CHECK(quiet.black_box.text(ring::TextKind::kCgroupMemoryAtStart) == "group /\noom_kill 2\n");
}

TEST_CASE("a text in several parts comes in one") {
  RecordingBuilder builder;
  BlackBoxBuilder box(builder);
  box.begin_crash(SIGSEGV, 1);
  box.seal_head();
  box.add_text(ring::TextKind::kMaps, "one ");
  box.add_text(ring::TextKind::kMaps, "two", true);
  CHECK(loaded(builder.finish()).black_box.text(ring::TextKind::kMaps) == "one two");
}

TEST_CASE("a damaged head is told, and its crash is shown all the same") {
  RecordingBuilder builder = tests::make_crash_example();
  BlackBoxBuilder(builder).crash().fault_address ^= 4;
  const Trace trace = loaded(builder.finish());
  CHECK(mentions(trace, "head of the crash record"));
  REQUIRE(trace.black_box.crash);
  CHECK_FALSE(trace.black_box.crash->head_whole);
}

TEST_CASE("a damaged part is told and costs itself alone") {
  RecordingBuilder builder = tests::make_crash_example();
  std::vector<std::byte> file = builder.finish();
  // The stack is the first part.
  tests::flip_bit(file,
                  builder.offset(ring::SectionKind::kBlackBox) + ring::kBlackBoxHeadBytes + 40);
  const Trace trace = loaded(file);
  CHECK(mentions(trace, "parts of the black box"));
  REQUIRE(trace.black_box.crash);
  CHECK(trace.black_box.crash->stack.pcs.empty());
  CHECK(trace.black_box.crash->pointers.size() == 2);
}

TEST_CASE("what a part refers to and is not there becomes unknown") {
  RecordingBuilder builder;
  BlackBoxBuilder box(builder);
  box.begin_crash(SIGSEGV, 1).register_count = 4'000'000'000;
  box.seal_head();
  ring::HeapPointer pointer{};
  pointer.birth_site = 0xffffff;
  pointer.free_stack = 0xffffffff;
  pointer.birth_thread = pointer.free_thread = 0xffffffff;
  pointer.birth_us = pointer.free_us = ~uint64_t{0};
  box.add_entry(ring::PartKind::kHeapPointers, 0, pointer);
  ring::CrashStack stack{};
  stack.frame_count = 0xffffffff;
  stack.interrupted = 77;
  box.add_entry(ring::PartKind::kStack, 4242, stack);
  ring::CrashThread thread{};
  thread.tid = 1;
  thread.register_count = 0xffffffff;
  std::memset(thread.name, 'x', sizeof(thread.name));
  box.add_entry(ring::PartKind::kThread, 1, thread);
  box.add_part(ring::PartKind::kThread, 2, 0, std::vector<std::byte>(5));
  box.add_words(ring::MemoryOf::kCode, ~uint64_t{0}, {1});
  const Trace trace = loaded(builder.finish());
  REQUIRE(trace.black_box.crash);
  const auto& crash = *trace.black_box.crash;
  CHECK(crash.head.register_count == ring::kMaxRegisters);
  REQUIRE(crash.pointers.size() == 1);
  CHECK(crash.pointers[0].birth_site == 0);
  CHECK(crash.pointers[0].free_stack == 0);
  CHECK(crash.pointers[0].free_thread == 0);
  CHECK(crash.pointers[0].free_us == ring::kTimeMask);
  CHECK(crash.stack.pcs.empty());
  CHECK(crash.stack.interrupted == reader::trace::kNoFrame);
  REQUIRE(crash.threads.size() == 1);
  CHECK(crash.threads[0].registers.size() == ring::kMaxRegisters);
  CHECK(crash.threads[0].name.size() == 16);
  CHECK(crash.memory.empty());
}

TEST_CASE("parts that claim to hold more than a black box can are left out") {
  RecordingBuilder builder;
  BlackBoxBuilder box(builder);
  box.begin_crash(SIGSEGV, 1);
  box.seal_head();
  const std::string zeros(65536, '\0');
  for (int i = 0; i < 40; ++i) box.add_text(ring::TextKind::kMaps, zeros, true);
  const Trace trace = loaded(builder.finish());
  CHECK(mentions(trace, "the rest is left out"));
  CHECK(trace.black_box.text(ring::TextKind::kMaps).size() <= 16 * 65536);
}
