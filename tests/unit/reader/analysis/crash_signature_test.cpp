// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/crash_signature.hpp"

#include <catch2/catch.hpp>

#include "reader/analysis/frame_names.hpp"
#include "tests/support/kept_text.hpp"

using namespace dbgtrace::reader;
using analysis::comparable_name;
using analysis::crash_signature;
using symbols::Frame;

namespace {

Frame of(const std::string& function, const std::string& module = "/usr/bin/app") {
  Frame frame;
  frame.function = dbgtrace::tests::kept(function);
  frame.module = dbgtrace::tests::kept(module);
  return frame;
}
Frame nameless(const std::string& module, uint64_t offset) {
  Frame frame = of("", module);
  frame.offset = offset;
  return frame;
}
constexpr const char* kLibc = "/lib/x86_64-linux-gnu/libc.so.6";

}  // namespace

TEST_CASE("a name is compared without what differs from build to build") {
  CHECK(comparable_name(of("void Cache::put<int>(int const&)")) == "Cache::put");
  CHECK(comparable_name(of("std::vector<int, std::allocator<int> >::at(unsigned long)")) ==
        "std::vector::at");
  CHECK(comparable_name(of("parse [clone .cold.12]")) == "parse");
  CHECK(comparable_name(of("parse.constprop.0.isra.1")) == "parse");
  CHECK(comparable_name(of("app::run::h0123456789abcdef")) == "app::run");
  CHECK(comparable_name(of("app::run::hot")) == "app::run::hot");
  CHECK(comparable_name(of("main::{lambda(int)#3}::operator()(int) const")) ==
        "main::{lambda}::operator()");
  CHECK(comparable_name(of("main::$_12::operator()() const")) == "main::{lambda}::operator()");
  CHECK(comparable_name(of("(anonymous namespace)::load(char const*)")) ==
        "(anonymous namespace)::load");
  CHECK(comparable_name(of("operator new(unsigned long)")) == "operator new");
}

TEST_CASE("the C library's versions for each processor have one name") {
  CHECK(comparable_name(of("__memcpy_avx_unaligned_erms", kLibc)) == "memcpy");
  CHECK(comparable_name(of("__memmove_evex_unaligned", kLibc)) == "memmove");
  CHECK(comparable_name(of("__strlen_avx2", kLibc)) == "strlen");
  CHECK(comparable_name(of("__strlen_sse2", kLibc)) == "strlen");
  CHECK(comparable_name(of("__GI___libc_free", kLibc)) == "__libc_free");
  CHECK(comparable_name(of("__libc_start_main", kLibc)) == "__libc_start_main");
}

TEST_CASE("without a name the module and the offset stand in") {
  CHECK(comparable_name(nameless("/opt/lib/libown.so", 0x1234)) == "libown.so+0x1234");
  CHECK(comparable_name(nameless("", 0x7f00)) == "(unknown code)");
}

TEST_CASE("a signature leaves out how the process died") {
  CHECK(crash_signature(
            {nameless(kLibc, 0x8aeac), of("gsignal", kLibc), of("abort", kLibc),
             nameless(kLibc, 0x2840f), of("__assert_fail", kLibc), of("check(int)"), of("main")},
            0) == "check");
  CHECK(crash_signature({of("raise", kLibc), of("abort", kLibc),
                         of("__gnu_cxx::__verbose_terminate_handler()", "/usr/lib/libstdc++.so.6"),
                         of("__cxxabiv1::__terminate(void (*)())", "/usr/lib/libstdc++.so.6"),
                         of("std::terminate()", "/usr/lib/libstdc++.so.6"),
                         of("__cxa_throw", "/usr/lib/libstdc++.so.6"), of("fail()"), of("main")},
                        0) == "fail");
  CHECK(crash_signature({of("abort", kLibc), of("panic_abort::__rust_start_panic::abort"),
                         of("rust_panic"), of("std::panicking::begin_panic_handler"),
                         of("core::panicking::panic_fmt"), of("app::parse")},
                        0) != "(no stack)");
}

TEST_CASE("a signature leads with the helpers that it crashed in") {
  CHECK(crash_signature({of("__strlen_avx2", kLibc), of("Session::name() const"), of("main")}, 0) ==
        "strlen | Session::name");
  CHECK(
      crash_signature({of("_int_free", kLibc), of("free", kLibc),
                       of("std::default_delete<Node>::operator()(Node*) const"), of("drop(Node*)")},
                      0) == "_int_free | free | std::default_delete::operator() | drop");
}

TEST_CASE("a wild jump is named after its caller") {
  CHECK(crash_signature({nameless("", 0x41414141), of("dispatch"), of("main")}, 0) ==
        "(unknown code) | dispatch");
}

TEST_CASE("a crash below a signal handler begins at the interrupted frame") {
  CHECK(crash_signature({of("raise", kLibc), of("on_crash(int)"), of("parse"), of("main")}, 2) ==
        "parse");
}

TEST_CASE("a recursion has one signature wherever it ran out of stack") {
  const std::vector<Frame> one = {of("even(int)"), of("odd(int)"), of("even(int)"), of("odd(int)"),
                                  of("even(int)"), of("odd(int)"), of("main")};
  std::vector<Frame> other(one.begin() + 1, one.end());
  other.insert(other.begin(),
               {of("malloc", kLibc), of("even(int)"), of("odd(int)"), of("even(int)")});
  CHECK(analysis::recursion_signature(one) == "even | odd");
  CHECK(analysis::recursion_signature(other) == "even | odd");
  CHECK(analysis::recursion_signature({of("big_frame()"), of("main")}) == "big_frame");
}

TEST_CASE("a signature is bounded and never empty") {
  std::vector<Frame> frames;
  for (int i = 0; i < 100; ++i) frames.push_back(of("std::helper" + std::to_string(i) + "()"));
  CHECK(crash_signature(frames, 0).size() <= 255);
  CHECK(crash_signature({}, 0) == "(no stack)");
  CHECK(crash_signature({of("main")}, 7) == "(no stack)");
  CHECK(crash_signature({of("abort", kLibc)}, 0) == "abort");
  CHECK(analysis::signature_id("a").size() == 16);
  CHECK(analysis::signature_id("a") != analysis::signature_id("b"));
}

TEST_CASE("the report begins with the program's own frame") {
  CHECK(analysis::crash_title({of("gsignal", kLibc), of("abort", kLibc), of("check"), of("main")},
                              0) == 2);
  CHECK(analysis::crash_title({nameless("", 0x1234), of("dispatch")}, 0) == 1);
  CHECK(analysis::crash_title({of("abort", kLibc)}, 0) == 0);
  CHECK(analysis::crash_title({}, 3) == 0);
}
