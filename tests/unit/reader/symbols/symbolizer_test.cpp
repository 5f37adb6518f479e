// SPDX-License-Identifier: Apache-2.0
// Functions, inline chains and lines, over the compilers and formats that programs come in.
#include "reader/symbols/symbolizer.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/reader/symbols/scratch_program.hpp"

namespace dbgtrace::reader::symbols {
namespace {

// Compilers differ in whether an inlined function's linkage name, and so its parameters, is there.
std::vector<std::string> without_parameters(std::vector<std::string> chain) {
  for (std::string& frame : chain) {
    const size_t open = frame.find('('), close = frame.find(')');
    if (open != std::string::npos) frame.erase(open, close + 1 - open);
  }
  return chain;
}

}  // namespace

TEST_CASE("the inline chain is right whatever compiler, DWARF version and file type") {
  for (const std::string compiler : {"g++", "clang++"}) {
    if (!is_installed(compiler)) continue;
    for (const std::string flags :
         {"-gdwarf-4 -pie -fPIE", "-gdwarf-5 -pie -fPIE", "-gdwarf-4 -no-pie", "-gdwarf-5 -no-pie",
          "-gdwarf-4 -shared -fPIC", "-gdwarf-5 -shared -fPIC", "-g -gz", "-g -gsplit-dwarf",
          "-g -ffunction-sections -Wl,--gc-sections"}) {
      INFO(compiler << " " << flags);
      ScratchFolder folder;
      const std::string program = folder.build(compiler + " " + flags);
      const auto outer = folder.function(program, kOuterLinkerName);
      Symbolizer symbolizer({});
      const ModuleKey key{program, folder.build_id(program)};
      CHECK(without_parameters(leaf_chain(symbolizer, key, outer)) == expected_chain());
      CHECK(symbolizer.problems().empty());
    }
  }
}

TEST_CASE("a frame tells module, build-id and the address that was asked for") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g");
  const ModuleKey key{program, folder.build_id(program)};
  const uint64_t address = folder.function(program, "main").first;
  Symbolizer symbolizer({});
  const std::vector<Frame>& frames = symbolizer.resolve(key, address);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].function == "main");
  CHECK(frames[0].file == folder.path("program.cpp"));
  CHECK(frames[0].line == 17);
  CHECK_FALSE(frames[0].inlined);
  CHECK(frames[0].module == program);
  CHECK(frames[0].build_id == key.build_id_hex);
  CHECK(frames[0].offset == address);
  CHECK(&symbolizer.resolve(key, address) == &frames);
}

TEST_CASE("without debug information the symbol names the function") {
  ScratchFolder folder;
  const std::string program = folder.build("g++");
  Symbolizer symbolizer({});
  const ModuleKey key{program, ""};
  const auto [low, size] = folder.function(program, kOuterLinkerName);
  CHECK(symbolizer.resolve(key, low).front().function == "app::outer(int)");
  CHECK(symbolizer.resolve(key, low + size - 1).front().function == "app::outer(int)");
  CHECK(symbolizer.resolve(key, low).front().line == 0);
  CHECK(symbolizer.problems().empty());
}

TEST_CASE("a stripped library still names what it exports, and says that it is stripped") {
  ScratchFolder folder;
  const std::string library = folder.build("g++ -shared -fPIC -g");
  const auto outer = folder.function(library, kOuterLinkerName);
  folder.run("strip program");
  Symbolizer symbolizer({});
  const ModuleKey key{library, ""};
  CHECK(symbolizer.resolve(key, outer.first).front().function == "app::outer(int)");
  REQUIRE(symbolizer.problems().size() == 1);
  CHECK(symbolizer.problems()[0].find("stripped") != std::string::npos);
}

TEST_CASE("a stripped program gives frames without a function") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g");
  const auto outer = folder.function(program, kOuterLinkerName);
  folder.run("strip program");
  Symbolizer symbolizer({});
  const std::vector<Frame>& frames = symbolizer.resolve({program, ""}, outer.first);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].function.empty());
  CHECK(frames[0].offset == outer.first);
}

TEST_CASE("addresses that are no code have no function") {
  ScratchFolder folder;
  const std::string program = folder.build("g++ -g");
  Symbolizer symbolizer({});
  for (uint64_t address : {uint64_t{0}, uint64_t{0x40}, uint64_t{1} << 40, UINT64_MAX}) {
    CHECK(symbolizer.resolve({program, ""}, address).front().function.empty());
  }
}

TEST_CASE("an assembly label without a size reaches up to the next one") {
  ScratchFolder folder;
  folder.write("code.s", ".text\n.globl first, second\nfirst: nop\nnop\nsecond: nop\nnop\n");
  folder.run("gcc -shared -nostdlib -o code.so code.s");
  const uint64_t first = folder.function("code.so", "first").first;
  Symbolizer symbolizer({});
  const ModuleKey key{folder.path("code.so"), ""};
  CHECK(symbolizer.resolve(key, first + 1).front().function == "first");
  CHECK(symbolizer.resolve(key, first + 2).front().function == "second");
  CHECK(symbolizer.resolve(key, first + 3).front().function == "second");
  CHECK(symbolizer.resolve(key, first + 4).front().function.empty());
}

TEST_CASE("Rust functions have readable names and lines") {
  if (!is_installed("rustc")) return;
  ScratchFolder folder;
  folder.write("scratch.rs",
               "#[inline(never)]\n"
               "pub fn outer(x: i32) -> i32 {\n"
               "    std::hint::black_box(x)\n"
               "}\n"
               "fn main() { outer(1); }\n");
  for (const std::string mangling : {"v0", ""}) {
    INFO("mangling " << mangling);
    const std::string flag = mangling.empty() ? "" : " -C symbol-mangling-version=" + mangling;
    folder.run("rustc -g -O" + flag + " scratch.rs");
    const std::string program = folder.path("scratch");
    const std::string name = folder.run("nm scratch | grep -o '_[RZ].*scratch.*5outer.*'");
    const auto [low, size] = folder.function(program, name.substr(0, name.find('\n')));
    Symbolizer symbolizer({});
    const Frame& frame = symbolizer.resolve({program, ""}, low).back();
    CHECK(frame.function == "scratch::outer");
    CHECK(frame.file == folder.path("scratch.rs"));
    CHECK((frame.line == 2 || frame.line == 3));
  }
}

}  // namespace dbgtrace::reader::symbols
