// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/demangle.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace dbgtrace::reader::symbols {
namespace {

std::string base62(size_t number) {
  constexpr const char* kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string digits;
  for (; number > 0; number /= 62) digits.insert(digits.begin(), kDigits[number % 62]);
  return digits;
}

}  // namespace

TEST_CASE("names of each language become readable") {
  Demangler demangle;
  CHECK(demangle("_ZN3app7Session5closeEi") == "app::Session::close(int)");
  CHECK(demangle("_ZNK3app7SessioncvbEv") == "app::Session::operator bool() const");
  CHECK(demangle("_ZN7mycrate3foo17h0123456789abcdefE") == "mycrate::foo");
  CHECK(demangle("_RNvC7mycrate3foo") == "mycrate::foo");
  CHECK(demangle("_D3app3fooFiZv") == "app.foo(int)");
  CHECK(demangle("main") == "main");
  CHECK(demangle("_start") == "_start");
  CHECK(demangle("_Zed") == "_Zed");
}

TEST_CASE("the optimiser's clones and a symbol's versions have the function's name") {
  Demangler demangle;
  CHECK(demangle("_ZN3app5closeEi.isra.0") == "app::close(int)");
  CHECK(demangle("_ZN3app5closeEi.constprop.0.cold") == "app::close(int)");
  CHECK(demangle("parse.part.3") == "parse");
  CHECK(demangle("memcpy@@GLIBC_2.14") == "memcpy");
  CHECK(demangle("a.b") == "a.b");
}

TEST_CASE("a C++ name longer than the demangler's own limit is still readable") {
  std::string name = "_ZN";
  for (int i = 0; i < 300; ++i) name += "5outer";
  name += "E";
  Demangler demangle;
  CHECK(demangle(name.c_str()).starts_with("outer::outer::"));
}

TEST_CASE("an endless name is cut") {
  const std::string name = "_ZN" + std::string(10 << 20, 'x');
  Demangler demangle;
  CHECK(demangle(name.c_str()).size() < 5000);
}

TEST_CASE("names that expand without bounds or nest without end cost little") {
  std::string pairs = "_Z1fSt4pairIiiE";
  for (char c = '0'; c <= '9'; ++c) pairs += std::string("S_IS") + c + "_S" + c + "_E";
  for (char c = 'A'; c <= 'X'; ++c) pairs += std::string("S_IS") + c + "_S" + c + "_E";

  std::string tuples = "_RINvC1a1f";
  size_t previous = tuples.size() - 2;
  tuples += "TyyE";
  for (int i = 0; i < 40; ++i) {
    const std::string back = "B" + base62(previous - 1) + "_";
    previous = tuples.size() - 2;
    tuples += "T" + back + back + "E";
  }
  tuples += "E";

  const std::string pointers = "_Z1f" + std::string(4000, 'P') + "i";
  const std::string nested = "_Z1f" + std::string(3900, 'N');
  const std::string functions = "_Z1fPF" + std::string(2000, 'F');
  const std::string back_references = "_D1a1fF" + std::string(900, 'Q') + "Zv";

  Demangler demangle;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& name :
       std::vector<std::string>{pairs, tuples, pointers, nested, functions, back_references}) {
    CHECK(demangle(name.c_str()).size() < 20000);
  }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace dbgtrace::reader::symbols
