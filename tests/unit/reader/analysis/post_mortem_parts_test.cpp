// SPDX-License-Identifier: Apache-2.0
// What a post-mortem is made of beside its verdict: blocks, registers, threads, process, groups.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "reader/analysis/crash_groups.hpp"
#include "reader/analysis/death.hpp"
#include "reader/analysis/kernel_names.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/analysis/source_lines.hpp"
#include "reader/trace/load.hpp"
#include "tests/support/crash_example.hpp"
#include "tests/support/kept_text.hpp"
#include "tests/support/temp_file.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;

namespace {

struct Example {
  explicit Example(tests::RecordingBuilder builder = tests::make_crash_example())
      : file(builder.finish()),
        trace(std::move(*trace::load_image(file, "x.dbgt"))),
        resolver(
            trace, [this](const symbols::ModuleKey& key, uint64_t address) -> auto& {
              answer.resize(1);
              answer[0].function = dbgtrace::tests::kept("f" + std::to_string(address >> 8));
              answer[0].module = dbgtrace::tests::kept(key.path);
              return answer;
            }) {}

  analysis::PostMortem report() const { return *analysis::examine(trace, resolver, ""); }

  std::vector<std::byte> file;
  trace::Trace trace;
  std::vector<symbols::Frame> answer;
  analysis::Resolver resolver;
};

analysis::CrashEntry crash(const std::string& file, const std::string& signature, double time_unix,
                           double confidence = 0.9, const std::string& build_id = "aa") {
  analysis::CrashEntry entry;
  entry.file = file;
  entry.signature = signature;
  entry.time_unix = time_unix;
  entry.confidence = confidence;
  entry.build_id = build_id;
  return entry;
}

}  // namespace

TEST_CASE("a freed block in reach comes with both its stacks, threads and times") {
  const Example example;
  const auto report = example.report();
  CHECK(report.verdict.crash_class == analysis::CrashClass::kUseAfterFree);
  REQUIRE(report.heap.block);
  const analysis::BlockUse& block = *report.heap.block;
  CHECK(block.place == analysis::BlockPlace::kInside);
  CHECK(block.distance == 24);
  CHECK(block.freed_ago_s == Approx(0.003));
  CHECK(block.age_s == Approx(10));
  CHECK(block.birth.frames.front().function == "f0");
  CHECK(block.death.frames.front().function == "f2");
  CHECK(block.death_thread.tid == 4243);
  CHECK(block.death_thread.name == "reaper");
  REQUIRE(report.heap.chunk);
  CHECK(report.heap.chunk->chunk_bytes == 80);
  CHECK(report.heap.reached.empty());  // the register points to the same block
  CHECK(report.signature == "SIGSEGV use-after-free | f1");
}

TEST_CASE("a block is described from before its start to behind its end") {
  const Example example;
  trace::HeapPointer pointer;
  pointer.block_address = 0x1000;
  pointer.block_bytes = 16;
  const auto place = [&](uint64_t value) {
    pointer.value = value;
    return analysis::describe_block(example.trace, pointer, example.resolver);
  };
  CHECK(place(0xff8).place == analysis::BlockPlace::kBefore);
  CHECK(place(0xff8).distance == 8);
  CHECK(place(0x1000).distance == 0);
  CHECK(place(0x100f).place == analysis::BlockPlace::kInside);
  CHECK(place(0x1010).place == analysis::BlockPlace::kBehind);
  CHECK(place(0x1018).distance == 8);
  pointer.block_bytes = 0;
  CHECK(place(0x1000).place == analysis::BlockPlace::kInside);
}

TEST_CASE("registers are told by what they point to") {
  const auto report = Example().report();
  const auto meaning = [&](const std::string& name) {
    return *std::find_if(report.registers.begin(), report.registers.end(),
                         [&](const auto& candidate) { return candidate.name == name; });
  };
  CHECK(meaning("rax").kind == analysis::PointeeKind::kBlock);
  CHECK(meaning("rbx").kind == analysis::PointeeKind::kNumber);
  CHECK(meaning("rdi").kind == analysis::PointeeKind::kMapping);
  CHECK(meaning("rdi").text == "a name of somebody");
  CHECK(meaning("rsp").kind == analysis::PointeeKind::kStack);
  CHECK(meaning("rbp").offset == 0x40);
  CHECK(meaning("rip").kind == analysis::PointeeKind::kCode);
  for (const auto& one : report.registers) CHECK(one.name != "eflags");
}

TEST_CASE("threads with one stack are one group, the largest first") {
  auto builder = tests::make_crash_example();
  tests::BlackBoxBuilder box(builder);
  for (uint32_t tid = 5000; tid < 5010; ++tid) {
    box.add_thread(tid, "pool", ring::ThreadSource::kSignal);
    box.add_stack(tid, {0x400750, 0x400350});
  }
  const auto report = Example(builder).report();
  REQUIRE(report.threads.size() == 3);
  CHECK(report.threads[0].threads.size() == 10);
  CHECK(report.threads[0].stack.frames.front().function == "f7");
  CHECK(report.threads[2].source == ring::ThreadSource::kLastSample);
}

TEST_CASE("the process's figures are read from what the kernel wrote") {
  const auto facts = Example().report().process;
  CHECK(facts.resident_bytes == 8192 * 1024);
  CHECK(facts.threads == 4);
  CHECK(facts.descriptors == 17);
  CHECK(facts.descriptor_limit == 1024);
  CHECK(facts.cgroup.limit == 16777216);
  CHECK(facts.cgroup.current == 8388608);
  CHECK(facts.system == "Linux 6.1.0 x86_64");
}

TEST_CASE("of several control groups the nearest with a limit counts") {
  const auto memory = analysis::parse_cgroup(
      "group /a/b\nmemory.max max\nmemory.current 5\noom_kill 0\n"
      "group /a\nmemory.max 100\nmemory.current 50\noom 1\noom_kill 1\nnonsense\n");
  CHECK(memory.group == "/a");
  CHECK(memory.limit == 100);
  CHECK(memory.kills == 1);
  CHECK(memory.version == 2);
  const auto old = analysis::parse_cgroup(
      "group /x\nmemory.limit_in_bytes 9223372036854771712\noom_kill_disable 0\noom_kill 4\n");
  CHECK_FALSE(old.limit);
  CHECK(old.kills == 4);
  CHECK(old.version == 1);
  CHECK_FALSE(analysis::parse_cgroup("").limit);
}

TEST_CASE("crashes of one signature are one bug, the most frequent first") {
  const auto groups =
      analysis::group_crashes({crash("a", "f", 10, 0.8), crash("b", "g", 20),
                               crash("c", "f", 30, 0.97, "bb"), crash("d", "f", 5)});
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].crashes.size() == 3);
  CHECK(groups[0].first_unix() == 5);
  CHECK(groups[0].last_unix() == 30);
  CHECK(groups[0].best().file == "c");
  CHECK(groups[0].build_ids == std::vector<std::string>{"bb", "aa"});
  CHECK(analysis::group_crashes({}).empty());
}

TEST_CASE("the lines around a frame are shown where the source is at hand") {
  const std::string text = "one\ntwo\nthree\nfour\nfive\n";
  tests::TempFile file(std::as_bytes(std::span(text)));
  symbols::Frame frame;
  frame.file = tests::kept(file.path());
  frame.line = 3;
  auto source = analysis::source_around(frame, "", 1);
  CHECK(source.first == 2);
  CHECK(source.lines == std::vector<std::string>{"two", "three", "four"});
  frame.line = 1;
  CHECK(analysis::source_around(frame, "", 2).lines.size() == 3);
  frame.line = 77;  // another version of it
  CHECK(analysis::source_around(frame, "", 2).lines.empty());
  const size_t slash = file.path().rfind('/');
  frame.line = 5;
  frame.file = tests::kept("/nonexistent/build/src" + file.path().substr(slash));
  CHECK(analysis::source_around(frame, file.path().substr(0, slash), 1).lines.size() == 2);
  // A path of thousands of folders is nobody's, and each end of it would be a place to look at.
  std::string deep = "/nonexistent";
  while (deep.size() < 8192) deep += "/a";
  frame.file = tests::kept(deep + file.path().substr(slash));
  CHECK(analysis::source_around(frame, file.path().substr(0, slash), 1).path.empty());
  // A bundle may name anything; of the kernel's own files some are waited for, and some never end.
  frame.line = 1;
  for (const char* strange : {"/dev/zero", "/nonexistent", "", "/", "/proc/self/status"}) {
    frame.file = strange;
    CHECK(analysis::source_file_lines(strange).empty());
    CHECK(analysis::source_around(frame, "", 1).path.empty());
  }
}

TEST_CASE("a process that vanished is judged by its memory and its control group") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  box.add_text(ring::TextKind::kCgroupMemoryAtStart,
               "group /x\nmemory.max 1000000\nmemory.current 5\noom_kill 2\n");
  builder.live().state = static_cast<uint32_t>(ring::State::kRunning);
  builder.entry<ring::SeriesPoint>(ring::SectionKind::kSeries, 59'900'000u / 250'000 % 16) = {
      59'900'000u, 3000, 0, 980'000, 6000, 3000};
  const Example example(builder);
  const analysis::ProcessState killed{analysis::StateKind::kKilled, {}, {}, ""};
  analysis::CgroupMemory now;
  now.kills = 3;
  const auto counted = analysis::death_of(example.trace, killed, now);
  CHECK(counted.vanished_by == analysis::VanishedBy::kProbablyOutOfMemory);
  CHECK(counted.kills == 1);
  CHECK(counted.share_of_limit() == Approx(0.98));
  const auto elsewhere = analysis::death_of(example.trace, killed, std::nullopt);
  CHECK(elsewhere.vanished_by == analysis::VanishedBy::kPerhapsOutOfMemory);
  CHECK_FALSE(elsewhere.kills);
  CHECK_FALSE(counted.limit_was_met);
  now.peak = 999'000;
  CHECK(analysis::death_of(example.trace, killed, now).limit_was_met);
  const analysis::ProcessState exited{analysis::StateKind::kExited, 0, {}, ""};
  CHECK(analysis::death_of(example.trace, exited, now).vanished_by ==
        analysis::VanishedBy::kNotVanished);
}

TEST_CASE(
    "a fault that a handler was given last of all may have been the end, an earlier one was not") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  auto& fault = box.box().handled[0];
  fault.last_code = 1;
  fault.count = 1001;
  fault.last_us = 70'000'000;
  fault.last_address = 0x8;
  fault.signal = SIGSEGV;
  const analysis::ProcessState killed{analysis::StateKind::kKilled, {}, {}, ""};
  const auto last = analysis::death_of(Example(builder).trace, killed, std::nullopt);
  REQUIRE(last.last_fault);
  CHECK(last.last_fault->last_address == 0x8);
  CHECK(last.last_sign_s == Approx(70));
  fault.last_us = 1'000'000;
  builder.entry<ring::SeriesPoint>(ring::SectionKind::kSeries, 59'900'000u / 250'000 % 16) = {
      59'900'000u, 3000, 0, 980'000, 6000, 3000};
  CHECK_FALSE(analysis::death_of(Example(builder).trace, killed, std::nullopt).last_fault);
}

TEST_CASE("the kernel's numbers have names") {
  CHECK(analysis::signal_code_name(SIGSEGV, 1) == "SEGV_MAPERR");
  CHECK(analysis::signal_code_name(SIGSEGV, 128) == "SI_KERNEL");
  CHECK(analysis::signal_code_name(SIGBUS, 2) == "BUS_ADRERR");
  CHECK(analysis::signal_code_name(SIGSEGV, 99) == "code 99");
  CHECK(analysis::system_call_name(ring::Arch::kX86_64, 0) == "read");
  CHECK(analysis::system_call_name(ring::Arch::kX86_64, 202) == "futex");
  CHECK(analysis::system_call_name(ring::Arch::kX86_64, 435) == "clone3");
  CHECK(analysis::system_call_name(ring::Arch::kX86_64, 400) == "system call 400");
  CHECK(analysis::system_call_name(ring::Arch::kAarch64, 98) == "futex");
  CHECK(analysis::system_call_name(ring::Arch::kX86_64, UINT64_MAX - 1).starts_with("system call"));
}
