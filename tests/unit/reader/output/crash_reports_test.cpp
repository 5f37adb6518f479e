// SPDX-License-Identifier: Apache-2.0
// The post-mortem of one made-up crash in every form, compared with tests/golden. `make golden`
// writes the expected files anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "reader/analysis/core_contents.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/death_report.hpp"
#include "reader/output/elf_core.hpp"
#include "reader/output/html_document.hpp"
#include "reader/output/json_crash.hpp"
#include "reader/output/sarif.hpp"
#include "reader/output/text_crash.hpp"
#include "reader/trace/load.hpp"
#include "tests/support/crash_example.hpp"
#include "tests/support/kept_text.hpp"

using namespace dbgtrace;
using namespace dbgtrace::reader;

namespace {

struct Example {
  explicit Example(tests::RecordingBuilder builder = tests::make_crash_example())
      : file(builder.finish()),
        trace(std::move(*trace::load_image(file, "example.4242.dbgt"))),
        resolver(
            trace, [this](const symbols::ModuleKey& key, uint64_t address) -> auto& {
              constexpr const char* kNames[] = {"Session::open", "Session::name", "Session::close",
                                                "main"};
              answer.assign(1, {});
              answer[0].module = dbgtrace::tests::kept(key.path);
              answer[0].build_id = dbgtrace::tests::kept(key.build_id_hex);
              if (key.path == "/usr/bin/example") {
                answer[0].function = kNames[address >> 8 & 3];
                answer[0].file = "/src/session.cpp";
                answer[0].line = static_cast<unsigned>(10 + (address >> 8));
              }
              return answer;
            }) {}
  analysis::PostMortem report() const { return *analysis::examine(trace, resolver, ""); }

  std::vector<std::byte> file;
  trace::Trace trace;
  std::vector<symbols::Frame> answer;
  analysis::Resolver resolver;
};

void compare_with_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(DBGTRACE_SOURCE_DIR "/tests/golden/") + name;
  if (std::getenv("DBGTRACE_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  CHECK(text == expected.str());
}

std::string text_of(const Example& example, size_t width = 100) {
  output::TextPage page({width, false});
  output::put_crash(page, example.report(), example.trace, {});
  return page.text();
}

}  // namespace

TEST_CASE("the page carries the crash as the post-mortem tells it") {
  const Example example;
  const auto report = example.report();
  const auto info = analysis::info_of(example.trace, {}, 0);
  const auto leaks = analysis::find_leaks(example.trace);
  const auto memory = analysis::measure_memory(example.trace, analysis::MemoryOrder::kLive);
  const output::Json page =
      output::html_document({example.trace, info, leaks, memory, &report, example.resolver, 100});
  CHECK(page["crash"] == output::json_crash(report, example.trace));
}

TEST_CASE("the post-mortem reads as it should", "[golden]") {
  compare_with_golden("crash.txt", text_of(Example()));
}

TEST_CASE("the post-mortem's document is as it should be", "[golden]") {
  const Example example;
  compare_with_golden("crash.json",
                      output::json_text(output::json_crash(example.report(), example.trace)));
}

TEST_CASE("the SARIF of a crash is as it should be", "[golden]") {
  const Example example;
  output::Json json =
      output::sarif_document(example.report(), {}, example.trace, example.resolver, "/src");
  json["runs"][0]["tool"]["driver"]["version"] = "0";
  compare_with_golden("crash.sarif", output::json_text(json));
}

TEST_CASE("the first lines say what, where, how sure and what next") {
  std::istringstream lines(text_of(Example(), 0));
  std::string line;
  std::getline(lines, line);
  CHECK(line ==
        "CRASH  SIGSEGV (SEGV_MAPERR) reading 0x7f1234500018: use after free in Session::name "
        "(session.cpp:11), thread 4242 \"worker\"");
  std::getline(lines, line);
  CHECK(line ==
        "Heap: The address lies 24 bytes into a 64-byte block that Session::close (session.cpp:12) "
        "freed 3 ms before, on thread 4243 \"reaper\"; allocated by Session::open (session.cpp:10) "
        "10.0 s before the crash, on thread 4242 \"worker\".");
  std::getline(lines, line);
  CHECK(line.starts_with(
      "How sure: very likely (97 %): the address lies in a block that had been freed"));
  std::getline(lines, line);
  CHECK(line.starts_with("Next: find who still held the block when Session::close"));
}

TEST_CASE("no line is wider than the terminal, and none carries control characters") {
  auto builder = tests::make_crash_example();
  tests::BlackBoxBuilder box(builder);
  std::strcpy(box.crash().thread_name, "a\x1b[31m\xc2\x9b");
  box.seal_head();
  box.add_text(ring::TextKind::kAbortMessage, "evil \x1b]0;title\a text \x9b\xe2\x80\xae");
  std::istringstream lines(text_of(Example(builder), 80));
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.size() <= 80);
    for (const char sign : line) CHECK(static_cast<unsigned char>(sign) >= 0x20);
    CHECK(line.find("\xc2\x9b") == std::string::npos);
    CHECK(line.find("\xe2\x80\xae") == std::string::npos);
  }
}

TEST_CASE("where no sample is at the address, the report says so and how to know more") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  ring::CrashHead& head = box.begin_crash(SIGSEGV, 1);
  head.fault_address = 0xdeadbeef;
  head.trap_number = 14;
  box.seal_head();
  box.add_entry(ring::PartKind::kChunk, 0,
                ring::MallocChunk{0xdeadbeef, 0xdeadbee0, 48, 0,
                                  static_cast<uint16_t>(ring::PointerFrom::kFaultAddress), 0});
  const std::string heap = output::heap_text(Example(builder).report());
  CHECK(heap.find("No sampled block is at the address") != std::string::npos);
  CHECK(heap.find("begins at 0xdeadbee0 and has 48 bytes, free") != std::string::npos);
  CHECK(heap.find("DBGTRACE_SAMPLE=1") != std::string::npos);
}

TEST_CASE("a live block that was overrun is told with what lies behind it") {
  auto builder = tests::make_crash_example();
  tests::BlackBoxBuilder box(builder);
  box.crash().fault_address = 0x20000000;
  box.seal_head();
  ring::HeapPointer pointer{};
  pointer.value = 0x20000000;
  pointer.block_address = 0x1fff0000;
  pointer.block_bytes = 0xfff8;
  pointer.birth_us = 59'000'000;
  pointer.birth_site = 3;
  pointer.from = static_cast<uint16_t>(ring::PointerFrom::kFaultAddress);
  pointer.state = static_cast<uint16_t>(ring::PointeeState::kLive);
  box.add_entry(ring::PartKind::kHeapPointers, 0, pointer);
  const auto report = Example(builder).report();
  CHECK(report.verdict.crash_class == analysis::CrashClass::kHeapOverflow);
  CHECK(
      output::heap_text(report).starts_with("The address lies 8 bytes behind the end of a "
                                            "65528-byte block, live, allocated by Session::open"));
}

TEST_CASE("the document has the promised keys") {
  const Example example;
  const output::Json json = output::json_crash(example.report(), example.trace);
  for (const char* key :
       {"signal", "code", "fault_address", "access", "class", "confidence", "signature", "summary",
        "thread", "threads", "registers", "heap", "modules"}) {
    INFO(key);
    CHECK(json.contains(key));
  }
  CHECK(json["class"] == "use-after-free");
  CHECK(json["fault_address"] == "0x7f1234500018");
  CHECK(json["thread"]["tid"] == 4242);
  CHECK(json["thread"]["stack"][0]["function"] == "Session::name");
  CHECK(json["registers"]["rax"] == "0x7f1234500000");
  CHECK(json["heap"]["block"]["free_stack"][0]["function"] == "Session::close");
}

TEST_CASE("groups name each bug once, with counts, times and builds") {
  analysis::CrashEntry entry;
  entry.signature = "strlen | Session::name";
  entry.summary = "SIGSEGV";
  entry.exe = "/usr/bin/app";
  entry.build_id = "aa";
  entry.file = "one.dbgt";
  entry.time_unix = 1'700'000'000;
  analysis::CrashEntry other = entry;
  other.file = "two.dbgt";
  other.build_id = "bb";
  other.time_unix += 60;
  const auto groups = analysis::group_crashes({entry, other});
  output::TextPage page({100, false});
  output::put_crash_groups(page, groups, 3, {});
  CHECK(page.text().starts_with("2 crashes of 1 kind in 3 recordings.\n"));
  CHECK(page.text().find("#1 2 times: strlen | Session::name") != std::string::npos);
  CHECK(page.text().find("builds bb, aa") != std::string::npos);
  const output::Json json = output::json_crash_groups(groups);
  CHECK(json[0]["count"] == 2);
  CHECK(json[0]["first_unix"] == 1'700'000'000);
  output::TextPage none({100, false});
  output::put_crash_groups(none, {}, 2, {});
  output::put_vanished(none, {}, {});
  CHECK(none.text() == "No crash record in 2 recordings.\n");
  output::put_vanished(none, {{"three.dbgt", "vanished: killed"}}, {});
  CHECK(none.text() ==
        "No crash record in 2 recordings.\n\nvanished (1): ended without a crash record\n"
        "  three.dbgt vanished: killed\n");
  output::TextPage empty({100, false});
  output::put_crash_groups(empty, {}, 0, {});
  CHECK(empty.text() == "There are no recordings.\n");
}

TEST_CASE("a process that vanished is told with what is known") {
  const Example example;
  analysis::Death death;
  death.state = {analysis::StateKind::kKilled, {}, {}, ""};
  death.vanished_by = analysis::VanishedBy::kProbablyOutOfMemory;
  death.confidence = 0.95;
  death.kills = 1;
  death.limit_bytes = 100 << 20;
  death.last_rss_bytes = 98 << 20;
  death.growth_bytes_per_s = 4 << 20;
  death.growth_stack = 1;
  CHECK(output::death_text(death, example.resolver) ==
        "vanished: killed by the kernel for want of memory; its cgroup's oom_kill rose by 1; its "
        "memory was at 98 % of the limit of 100 MiB; growing 4.0 MiB/s at Session::open "
        "(session.cpp:10)");
  CHECK(output::json_death(death, example.resolver)["class"] == "out-of-memory");
  death = {};
  death.state = {analysis::StateKind::kExited, 300, {}, ""};
  output::TextPage far({100, false});
  output::put_death(far, death, example.trace, example.resolver);
  CHECK(far.text().starts_with("No crash: the process exited with status 44 (exit(300)).\n"));
  death.state = {analysis::StateKind::kExited, 0, {}, ""};
  output::TextPage page({100, false});
  output::put_death(page, death, example.trace, example.resolver);
  CHECK(page.text().starts_with("No crash: the process exited with status 0.\n"));
  death.state = {analysis::StateKind::kDetached, {}, {}, ""};
  output::TextPage detached({100, false});
  output::put_death(detached, death, example.trace, example.resolver);
  CHECK(detached.text().starts_with("No crash: the process was detached from"));
}

TEST_CASE("a process that exits right after a fault that it handled is told with the fault") {
  const Example example;
  analysis::Death death;
  death.state = {analysis::StateKind::kExited, 1, {}, ""};
  ring::HandledFault fault{};
  fault.signal = SIGSEGV;
  fault.last_address = 0x18;
  fault.last_pc = 0x400150;
  death.last_fault = fault;
  output::TextPage page({0, false});
  output::put_death(page, death, example.trace, example.resolver);
  CHECK(page.text().starts_with(
      "No crash record: the process exited with status 1.\n"
      "Shortly before, its own handler was given a SIGSEGV at 0x18 in Session::name "
      "(session.cpp:11): perhaps why it ended.\n"));
  const output::Json json = output::json_death(death, example.resolver);
  CHECK(json["last_fault"]["signal"] == "SIGSEGV");
  CHECK(json["last_fault"]["stack"][0]["function"] == "Session::name");
}

TEST_CASE("of a file that is cut that is said first, and of a file without capture that") {
  Example example;
  analysis::Death death;
  death.state = {analysis::StateKind::kCrashed, {}, {}, ""};
  example.trace.black_box = {};
  output::TextPage off({0, false});
  output::put_death(off, death, example.trace, example.resolver);
  CHECK(off.text().starts_with("Crashes were not recorded in this file (DBGTRACE_CRASH=0)."));
  example.trace.file_bytes = example.trace.header.file_bytes / 2;
  output::TextPage cut({0, false});
  output::put_death(cut, death, example.trace, example.resolver);
  CHECK(cut.text().starts_with("DAMAGED  the file is cut: "));
  CHECK(cut.text().find("DBGTRACE_CRASH=0") == std::string::npos);
  death.vanished_by = analysis::VanishedBy::kSomething;
  CHECK(output::death_text(death, example.resolver).find("SIGTERM") != std::string::npos);
}

TEST_CASE("who has recorded each allocation is not told to do so") {
  const auto advice_of = [](uint64_t exact_until_us) {
    tests::RecordingBuilder builder;
    builder.header().live.interval_bytes = 1;
    builder.live().exact_until_us = exact_until_us;
    tests::BlackBoxBuilder box(builder);
    box.begin_crash(SIGABRT, -6).sender_pid = 4242;
    box.seal_head();
    box.add_text(ring::TextKind::kAbortMessage, "corrupted size vs. prev_size");
    const auto report = Example(builder).report();
    REQUIRE(report.verdict.crash_class == analysis::CrashClass::kHeapCorruption);
    return output::advice_text(report) + output::heap_text(report);
  };
  CHECK(advice_of(0).find("DBGTRACE_SAMPLE=1") != std::string::npos);
  for (const uint64_t exact_until_us : {~uint64_t{0}, uint64_t{1'000'000}}) {
    const std::string advice = advice_of(exact_until_us);
    CHECK(advice.find("DBGTRACE_SAMPLE") == std::string::npos);
    CHECK(advice.find("AddressSanitizer") != std::string::npos);
  }
  CHECK(advice_of(1'000'000).find("DBGTRACE_SIZE") != std::string::npos);
}

TEST_CASE("a header that was overwritten is told with the block before it") {
  const Example example;
  analysis::PostMortem report = example.report();
  trace::HeapPointer given;
  given.value = given.block_address = 0x1000100;
  given.block_bytes = 24;
  given.birth_us = 59'000'000;
  given.birth_site = report.heap.block->pointer.birth_site;
  trace::HeapPointer before = given;
  before.block_address -= 32;
  report.scene.given = given;
  report.heap.block = analysis::describe_block(example.trace, given, example.resolver);
  report.heap.overrun = analysis::describe_block(example.trace, before, example.resolver);
  report.verdict.crash_class = analysis::CrashClass::kHeapCorruption;
  CHECK(output::heap_text(report) ==
        "What was freed is a live 24-byte block allocated by Session::open (session.cpp:10) 1.0 s "
        "before the crash; 8 bytes before it ends a 24-byte block allocated by Session::open "
        "(session.cpp:10) 1.0 s before the crash, and something wrote past that end.");
  CHECK(output::advice_text(report).find("blocks of Session::open (session.cpp:10)") !=
        std::string::npos);
  CHECK(output::json_crash(report, example.trace)["heap"]["overrun"]["bytes"] == 24);
  report.heap.overrun = report.heap.block;
  CHECK(output::heap_text(report).ends_with("; something wrote past its end."));
}

TEST_CASE("the C library's message stands once on the page") {
  tests::RecordingBuilder builder;
  tests::BlackBoxBuilder box(builder);
  box.begin_crash(SIGABRT, -6).sender_pid = 4242;
  box.seal_head();
  box.add_text(ring::TextKind::kAbortMessage, "app: a.c:8: f: Assertion `x' failed.\n");
  const std::string text = text_of(Example(builder), 0);
  const size_t first = text.find("Assertion `x' failed");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("Assertion `x' failed", first + 1) == std::string::npos);
}

TEST_CASE("a signal from outside is told with who sent it, and without an instruction") {
  tests::RecordingBuilder builder;
  builder.add_module("/usr/bin/example", 0x400000, 0x500000);
  tests::BlackBoxBuilder box(builder);
  ring::CrashHead& head = box.begin_crash(SIGSEGV, 0);
  head.sender_pid = 77;
  head.registers[ring::kX86Rip] = 0x400150;
  box.seal_head();
  box.add_stack(4242, {0x400150});
  const uint8_t code[] = {0x48, 0x8b, 0x78, 0x18, 0xc3};
  box.add_memory(ring::MemoryOf::kCode, 0x400150, code);
  box.add_text(ring::TextKind::kSenderName, "watchdog\n");
  const std::string text = text_of(Example(builder), 0);
  CHECK(text.starts_with(
      "CRASH  SIGSEGV: sent by another process, while in Session::name (session.cpp:11)"));
  CHECK(text.find("pid 77, uid 0 (\"watchdog\")\n") != std::string::npos);
  CHECK(text.find("\ninstruction") == std::string::npos);
}

TEST_CASE("in a sentence a name is no paragraph") {
  Example example;
  std::string name = "port_of(std::map<";
  for (int i = 0; i < 20; ++i) name += "std::__cxx11::basic_string<char>, ";
  name += "int> const&)";
  const analysis::Resolver resolver(
      example.trace, [&](const symbols::ModuleKey&, uint64_t) -> auto& {
        example.answer.assign(1, {});
        example.answer[0].function = name;
        return example.answer;
      });
  const auto report = *analysis::examine(example.trace, resolver, "");
  CHECK(output::summary_text(report).ends_with("use after free in port_of"));
  output::TextPage page({0, false});
  output::put_crash(page, report, example.trace, {});
  CHECK(page.text().find("    > " + name.substr(0, 60)) != std::string::npos);
}

TEST_CASE("a file's name becomes a URI") {
  CHECK(output::file_uri("/src/a b#c%.cpp") == "file:///src/a%20b%23c%25.cpp");
}
