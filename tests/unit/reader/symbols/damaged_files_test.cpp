// SPDX-License-Identifier: Apache-2.0
// Files that nobody vouches for: every cut and every flipped byte must end in an answer.
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <random>

#include "reader/symbols/regular_file.hpp"
#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void ask_all(const std::string& path, std::pair<uint64_t, uint64_t> function,
             std::vector<std::string>& problems) {
  Symbolizer symbolizer({});
  for (uint64_t i = 0; i < function.second; ++i) {
    CHECK_FALSE(symbolizer.resolve({path, ""}, function.first + i).empty());
  }
  problems = symbolizer.problems();
}

}  // namespace

TEST_CASE("what is no ELF file is a problem") {
  ScratchFolder folder;
  Symbolizer symbolizer({});
  for (const std::string text : {"", "x", "\177ELF", "#!/bin/sh\n"}) {
    const std::string path = folder.write("f" + std::to_string(text.size()), text);
    CHECK(symbolizer.resolve({path, ""}, 0x1000).front().function.empty());
    CHECK(symbolizer.problems().back().find(path) == 0);
  }
  CHECK(symbolizer.problems().size() == 4);
}

TEST_CASE("what is no plain file is not even opened") {
  ScratchFolder folder;
  const std::string fifo = folder.path("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const FileDescriptor watch(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  REQUIRE(inotify_add_watch(watch.get(), fifo.c_str(), IN_OPEN) >= 0);
  Symbolizer symbolizer({});
  for (const std::string& path : {fifo, std::string("/dev/zero")}) {
    CHECK(symbolizer.resolve({path, ""}, 0x1000).front().function.empty());
    CHECK(symbolizer.problems().back() == path + ": not a regular file");
  }
  // A file of the kernel's: others of the kind are waited for.
  CHECK(symbolizer.resolve({"/proc/self/status", ""}, 0x1000).front().function.empty());
  CHECK(symbolizer.problems().back() == "/proc/self/status: empty");
  inotify_event event;
  CHECK(read(watch.get(), &event, sizeof(event)) < 0);
}

TEST_CASE("an object file is no module") {
  ScratchFolder folder;
  folder.write("o.cpp", "int f() { return 1; }\n");
  folder.run("g++ -c o.cpp");
  Symbolizer symbolizer({});
  CHECK(symbolizer.resolve({folder.path("o.o"), ""}, 1).front().function.empty());
  CHECK(symbolizer.problems().size() == 1);
}

TEST_CASE("a file cut anywhere is a problem line") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g");
  const auto outer = folder.function(program, kOuterLinkerName);
  const std::string whole = contents_of(program);
  for (size_t size = 0; size < whole.size(); size += std::max<size_t>(1, whole.size() / 150)) {
    INFO("cut to " << size);
    std::vector<std::string> problems;
    ask_all(folder.write("cut", whole.substr(0, size)), outer, problems);
    REQUIRE(problems.size() == 1);
  }
}

TEST_CASE("flipped bytes never stop the reader") {
  ScratchFolder folder;
  for (const std::string flags : {"-gdwarf-5", "-gdwarf-4", "-g -gz"}) {
    const std::string program = folder.build("g++ " + flags);
    const auto outer = folder.function(program, kOuterLinkerName);
    const std::string whole = contents_of(program);
    // Most of a program is not metadata: aim at what is, too.
    const size_t debug = whole.size() / 2;
    std::mt19937 random(11);
    for (int round = 0; round < 120; ++round) {
      std::string damaged = whole;
      for (int flip = 0; flip < 1 + round % 12; ++flip) {
        const size_t from = round % 3 == 0 ? 0 : debug;
        const size_t span = round % 3 == 0 ? 1024 : whole.size() - debug;
        damaged[from + random() % span] = static_cast<char>(random());
      }
      INFO(flags << " round " << round);
      std::vector<std::string> problems;
      ask_all(folder.write("damaged", damaged), outer, problems);
    }
  }
}

}  // namespace dbgtrace::reader::symbols
