// SPDX-License-Identifier: Apache-2.0
// Where the file and its debug information are found, and what is said when they are not.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

namespace fs = std::filesystem;

struct Stripped {
  explicit Stripped(const std::string& flags = "") {
    program = folder.build("g++ -g -fPIE -pie " + flags);
    key = {program, folder.build_id(program)};
    outer = folder.function(program, kOuterLinkerName);
    folder.run("objcopy --only-keep-debug program kept.debug && cp program whole");
    folder.run("strip program");
    if (!key.build_id_hex.empty())
      build_id_file = "debug/.build-id/" + key.build_id_hex.substr(0, 2) + "/" +
                      key.build_id_hex.substr(2) + ".debug";
    search.debug_dirs = {folder.path("debug")};
  }
  void move_debug_file_to(const std::string& name) {
    fs::create_directories(fs::path(folder.path(name)).parent_path());
    fs::rename(folder.path("kept.debug"), folder.path(name));
  }
  bool has_inline_chain() {
    Symbolizer symbolizer(search);
    const size_t frames = leaf_chain(symbolizer, key, outer).size();
    problems = symbolizer.problems();
    return frames == 3;
  }

  ScratchFolder folder;
  std::string program, build_id_file;
  ModuleKey key;
  std::pair<uint64_t, uint64_t> outer;
  SearchPaths search;
  std::vector<std::string> problems;
};

}  // namespace

TEST_CASE("a stripped program's debug file is found under its build-id") {
  Stripped s;
  CHECK_FALSE(s.has_inline_chain());
  CHECK(s.problems.size() == 1);
  s.move_debug_file_to(s.build_id_file);
  CHECK(s.has_inline_chain());
  CHECK(s.problems.empty());
}

TEST_CASE("the debug file alone is enough when the program is gone") {
  Stripped s;
  s.move_debug_file_to(s.build_id_file);
  fs::remove(s.program);
  CHECK(s.has_inline_chain());
  CHECK(s.problems.empty());
}

TEST_CASE("the debug file is found behind .gnu_debuglink in each of its three places") {
  Stripped s("-Wl,--build-id=none");  // a build-id would be tried first
  s.folder.run("objcopy --add-gnu-debuglink=kept.debug program");
  CHECK(s.has_inline_chain());
  s.move_debug_file_to(".debug/kept.debug");
  CHECK(s.has_inline_chain());
  fs::rename(s.folder.path(".debug/kept.debug"), s.folder.path("kept.debug"));
  s.move_debug_file_to("debug" + s.folder.path("kept.debug"));
  CHECK(s.has_inline_chain());
  CHECK(s.problems.empty());
  fs::remove_all(s.folder.path("debug"));
  CHECK_FALSE(s.has_inline_chain());
}

TEST_CASE("a debug file with the right name and other contents is not used") {
  Stripped s("-Wl,--build-id=none");
  s.folder.run("objcopy --add-gnu-debuglink=kept.debug program && echo >>kept.debug");
  CHECK_FALSE(s.has_inline_chain());
  CHECK(s.problems.size() == 1);
}

TEST_CASE("the symbols of .gnu_debugdata are read") {
  if (!is_installed("xz")) return;
  Stripped s;
  s.folder.run(
      "objcopy --only-keep-debug whole mini && strip -g mini && xz mini && "
      "objcopy --add-section .gnu_debugdata=mini.xz program && rm kept.debug");
  Symbolizer symbolizer(s.search);
  const Frame& frame = symbolizer.resolve(s.key, s.outer.first).front();
  CHECK(frame.function == "app::outer(int)");
  CHECK(frame.line == 0);
  CHECK(symbolizer.problems().empty());
}

TEST_CASE("a file of another build is not used, and both build-ids are named") {
  Stripped s;
  s.folder.run("cp whole program");
  s.key.build_id_hex[0] = s.key.build_id_hex[0] == '0' ? '1' : '0';
  Symbolizer symbolizer(s.search);
  const std::vector<Frame>& frames = symbolizer.resolve(s.key, s.outer.first);
  CHECK(frames.size() == 1);
  CHECK(frames[0].function.empty());
  CHECK(frames[0].build_id == s.key.build_id_hex);
  REQUIRE(symbolizer.problems().size() == 1);
  CHECK(symbolizer.problems()[0].find(s.program + ": build-id differs") == 0);
  CHECK(symbolizer.problems()[0].find(s.key.build_id_hex) != std::string::npos);
}

TEST_CASE("a debug file of another build is not used") {
  Stripped s;
  const std::string place = s.build_id_file;
  s.folder.run("g++ -g -O2 -Wl,--build-id -o kept.debug program.cpp");
  s.move_debug_file_to(place);
  CHECK_FALSE(s.has_inline_chain());
}

TEST_CASE("a sysroot holds the program and its debug files") {
  for (const std::string flags : {"", "-Wl,--build-id=none"}) {
    INFO(flags);
    Stripped s(flags);
    s.folder.run("objcopy --add-gnu-debuglink=kept.debug program");
    const fs::path inside = s.folder.path("root" + s.program);
    fs::create_directories(inside.parent_path());
    fs::rename(s.program, inside);
    s.search = {};
    s.search.sysroot = s.folder.path("root");
    const std::string place =
        "root/usr/lib/" + (flags.empty() ? s.build_id_file : "debug" + s.folder.path("kept.debug"));
    s.move_debug_file_to(place);
    CHECK(s.has_inline_chain());
    CHECK(s.problems.empty());
    fs::remove(s.folder.path(place));
    CHECK_FALSE(s.has_inline_chain());
    CHECK(s.problems.size() == 1);
  }
}

TEST_CASE("a missing file is a problem, named once for all its addresses") {
  Symbolizer symbolizer({});
  for (uint64_t address = 0; address < 5; ++address) {
    CHECK(symbolizer.resolve({"/nowhere/lib.so", ""}, address).front().function.empty());
  }
  CHECK(symbolizer.problems() == std::vector<std::string>{"/nowhere/lib.so: missing"});
}

TEST_CASE("modules without a file by nature are unknown and no problem") {
  Symbolizer symbolizer({});
  for (const char* path : {"[vdso]", "[heap]", "", "/memfd:code (deleted)"}) {
    const std::vector<Frame>& frames = symbolizer.resolve({path, ""}, 0x123);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].function.empty());
    CHECK(frames[0].module == path);
    CHECK(frames[0].offset == 0x123);
  }
  CHECK(symbolizer.problems().empty());
}

TEST_CASE("a deleted program is found again if the file at its path has its build-id") {
  Stripped s;
  s.folder.run("cp whole program");
  s.key.path += " (deleted)";
  CHECK(s.has_inline_chain());
  s.key.build_id_hex[0] = s.key.build_id_hex[0] == '0' ? '1' : '0';
  CHECK_FALSE(s.has_inline_chain());
  REQUIRE(s.problems.size() == 1);
  CHECK(s.problems[0].find("what is there now is another build") != std::string::npos);
  CHECK(s.problems[0].find(s.key.build_id_hex) != std::string::npos);
  fs::remove(s.program);
  CHECK_FALSE(s.has_inline_chain());
  REQUIRE(s.problems.size() == 1);
  CHECK(s.problems[0].find("removed or replaced while it ran;") != std::string::npos);
}

TEST_CASE("a path that is no regular file is refused without waiting for it") {
  ScratchFolder folder;
  REQUIRE(mkfifo(folder.path("fifo").c_str(), 0600) == 0);
  Symbolizer symbolizer({});
  for (const std::string& path : {folder.path("fifo"), folder.path(""), std::string("/dev/zero")}) {
    CHECK(symbolizer.resolve({path, ""}, 1).front().function.empty());
  }
  CHECK(symbolizer.problems().size() == 3);
}

}  // namespace dbgtrace::reader::symbols
