// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/heap_suspects.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>

#include "reader/trace/load.hpp"
#include "tests/support/black_box_builder.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;

namespace {

constexpr uint64_t kLibrary = 0x7f00'0000'0000, kStack = 0x7ffc'0000'0000;
constexpr uint64_t kBlock = 0x5555'0000'1040;
constexpr uint64_t kSaved = 0x5555'0000'0777;  // in the registers that were saved
constexpr uint32_t kBirthSite = 3, kFreeSite = 5;

// main() has called a function that frees a block, whose free() has aborted.
struct Freeing {
  explicit Freeing(std::vector<uint64_t> words_of_free = {kBlock - 16, 7, kBlock})
      : builder(), box(builder) {
    builder.add_module("/usr/bin/example", 0x400000, 0x500000);
    builder.add_module("/usr/lib/libc.so.6", kLibrary, kLibrary + 0x100000);
    builder.add_thread(1, 4242, "worker");
    builder.add_thread(2, 4243, "other");
    builder.add_site(kBirthSite, builder.add_stack({0x400050, 0x400350}));
    builder.add_site(kFreeSite, builder.add_stack({0x400250, 0x400350}));
    ring::CrashHead& head = box.begin_crash(SIGABRT, -6);
    head.sender_pid = static_cast<int>(head.pid);
    head.registers[ring::kX86Rsp] = kStack;
    box.seal_head();
    box.add_stack(4242, {kLibrary + 0x500, kLibrary + 0x580, kLibrary + 0x600, kLibrary + 0x700,
                         kLibrary + 0x800, 0x400250, 0x400350});
    // Deeper frames hold what an earlier call has left behind.
    std::vector<uint64_t> words = {kBlock, kLibrary + 0x580, kBlock + 0x80};
    words.insert(words.end(), 6, kSaved);
    words.insert(words.end(), {kLibrary + 0x600, kLibrary + 0x700});
    words.insert(words.end(), words_of_free.begin(), words_of_free.end());
    for (const uint64_t word : {kLibrary + 0x800, uint64_t{0}, uint64_t{0x400250}, kBlock + 0x100})
      words.push_back(word);
    box.add_words(ring::MemoryOf::kStackOfThread, kStack, words);
  }

  void freed(uint32_t index, uint64_t address, uint32_t thread = 1, uint64_t before_us = 100) {
    builder.add_freed(index, address, 40, kBirthSite, kFreeSite, box.crash().time_us - before_us,
                      1000);
    auto& entry = builder.entry<ring::Freed>(ring::SectionKind::kFreed, index);
    entry.address_thread = address | uint64_t{thread} << 50;
  }

  std::optional<trace::HeapPointer> given() {
    const auto file = builder.finish();
    const trace::Trace trace = std::move(*trace::load_image(file, "x.dbgt"));
    return analysis::block_given(trace, analysis::words_of_library_call(trace));
  }

  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box;
};

}  // namespace

TEST_CASE("the block that the crashed free() was given is the one that this call took out") {
  Freeing freeing;
  freeing.freed(0, kBlock);
  const auto given = freeing.given();
  REQUIRE(given);
  CHECK(given->block_address == kBlock);
  CHECK(given->block_bytes == 40);
  CHECK_FALSE(given->freed);
  Freeing busy_machine;
  busy_machine.freed(0, kBlock, 1, 300'000);
  CHECK(busy_machine.given());
}

TEST_CASE("what an earlier round of a loop has freed is not what this one was given") {
  Freeing other_pointer({0x5555'0000'2040});
  other_pointer.freed(0, kBlock);
  CHECK_FALSE(other_pointer.given());
  Freeing freed_since;
  freed_since.freed(0, kBlock);
  freed_since.freed(1, kBlock + 0x1000);
  CHECK_FALSE(freed_since.given());
  Freeing long_ago;
  long_ago.freed(0, kBlock, 1, 5'000'000);
  CHECK_FALSE(long_ago.given());
}

TEST_CASE("what other threads free meanwhile hides nothing") {
  Freeing freeing;
  freeing.freed(0, kBlock);
  freeing.freed(1, kBlock + 0x1000, 2);
  REQUIRE(freeing.given());
  CHECK(freeing.given()->block_address == kBlock);
}

TEST_CASE("the words of a call are those of its own frames") {
  Freeing freeing;
  const auto file = freeing.builder.finish();
  const trace::Trace trace = std::move(*trace::load_image(file, "x.dbgt"));
  const auto words = analysis::words_of_library_call(trace);
  REQUIRE(words);
  CHECK(std::find(words->begin(), words->end(), kBlock - 16) != words->end());
  CHECK(std::count(words->begin(), words->end(), kSaved) == 6);
  CHECK(std::find(words->begin(), words->end(), kBlock + 0x80) == words->end());
  CHECK(std::find(words->begin(), words->end(), kBlock + 0x100) == words->end());
}

TEST_CASE("a fault in the program's own code has no call of the library") {
  tests::RecordingBuilder builder;
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  tests::BlackBoxBuilder box(builder);
  box.begin_crash(SIGSEGV, 1).registers[ring::kX86Rsp] = kStack;
  box.seal_head();
  box.add_stack(4242, {0x400150, 0x400350});
  box.add_words(ring::MemoryOf::kStackOfThread, kStack, {1, 2, 0x400350});
  const auto file = builder.finish();
  const trace::Trace trace = std::move(*trace::load_image(file, "x.dbgt"));
  CHECK_FALSE(analysis::words_of_library_call(trace));
}

TEST_CASE("the last block below an address is a live one of the heap") {
  trace::Trace trace;
  trace.live = {{.address = 0x1000, .size_bytes = 40},
                {.address = 0x3000, .size_bytes = 50},
                {.address = 0x2000, .size_bytes = 60}};
  const auto last = analysis::last_block(trace, 0, 0x3000);
  REQUIRE(last);
  CHECK(last->block_address == 0x2000);
  CHECK(last->value == 0x3000);
  CHECK_FALSE(analysis::last_block(trace, 0x2001, 0x3000));
  trace.live[1].state = ring::LiveState::kTornDown;
  CHECK(analysis::last_block(trace, 0, 0x4000)->block_address == 0x2000);
  trace.live[2].mapping = true;
  CHECK(analysis::last_block(trace, 0, 0x4000)->block_address == 0x1000);
}
