// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/resolver.hpp"

#include <catch2/catch.hpp>

#include "reader/analysis/title_frame.hpp"
#include "tests/support/kept_text.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;
using reader::symbols::Frame;
namespace trace = reader::trace;

Frame named(const std::string& function, const std::string& module = "/usr/bin/app",
            const std::string& file = "") {
  Frame frame;
  frame.function = tests::kept(function);
  frame.module = tests::kept(module);
  frame.file = tests::kept(file);
  return frame;
}

}  // namespace

TEST_CASE("a return address is resolved inside its call and shown as it is") {
  trace::Trace recording;
  recording.modules = {{0x1000, 0x2000, 0x800, 0, 0, "/usr/bin/app", "aa"},
                       {0x5000, 0x6000, 0x5000, 0, 0, "/opt/lib/libdbgtrace.so", "bb"}};
  recording.stacks.add({.pcs = {0x5100, 0x1500, 0x999999}});
  std::vector<uint64_t> asked;
  const std::vector<Frame> answer = {named("inner"), named("outer")};
  const Resolver resolver(
      recording, [&](const auto& key, uint64_t address) -> auto& {
        CHECK(key.path == "/usr/bin/app");
        CHECK(key.build_id_hex == "aa");
        asked.push_back(address);
        return answer;
      });
  const ResolvedStack stack = resolver.resolve(1);
  CHECK(asked == std::vector<uint64_t>{0x1500 - 1 - 0x800});
  REQUIRE(stack.frames.size() == 3);  // the recorder's frame is left out, the inline one is there
  CHECK(stack.frames[0].function == "inner");
  CHECK(stack.frames[1].offset == 0x1500 - 0x800);
  CHECK(stack.frames[2].module.empty());
  CHECK(resolver.resolve(0).frames.empty());
  CHECK(resolver.resolve(77).frames.empty());
}

TEST_CASE("the title of a stack is the first frame of the program's own") {
  CHECK(title_frame({named("malloc", "/lib/libc.so.6"), named("operator new(unsigned long)"),
                     named("std::vector<int, std::allocator<int> >::push_back(int const&)"),
                     named("load(char const*)"), named("main")}) == 3);
  CHECK(title_frame({named("void Cache::put<int>(int)"), named("main")}) == 0);
  CHECK(title_frame({named("allocate", "/usr/bin/app", "/usr/include/c++/12/bits/alloc.h"),
                     named("main")}) == 1);
  CHECK(title_frame(
            {named("malloc", "/lib/libc.so.6"), named("", "/lib/libown.so"), named("main")}) == 1);
  CHECK(title_frame({named("malloc", "/lib/libc.so.6")}) == 0);
  CHECK(title_frame({}) == 0);
  for (const char* wrapper : {"xmalloc", "xcalloc", "zmalloc_usable", "ztrymalloc_usable_internal",
                              "g_malloc0", "je_realloc", "pg_strdup", "xreallocarray"}) {
    INFO(wrapper);
    CHECK(title_frame({named("malloc", "/lib/libc.so.6"), named(wrapper), named("load")}) == 2);
  }
  for (const char* own : {"malloc_stats", "remember", "xmalloc_everything", "small_malloc"}) {
    INFO(own);
    CHECK(title_frame({named("malloc", "/lib/libc.so.6"), named(own), named("load")}) == 1);
  }
}

TEST_CASE("a plain name has no return type, arguments or template arguments") {
  CHECK(plain_name("void std::vector<int, std::allocator<int> >::push_back(int const&)") ==
        "std::vector::push_back");
  CHECK(plain_name("operator new(unsigned long)") == "operator new");
  CHECK(plain_name("Cache::operator()(int) const") == "Cache::operator()");
  CHECK(plain_name("(anonymous namespace)::load(int)") == "(anonymous namespace)::load");
  CHECK(plain_name("main") == "main");
  CHECK(plain_name("<alloc::vec::Vec<T> as Clone>::clone").starts_with("<alloc::vec"));
}

}  // namespace dbgtrace::test
