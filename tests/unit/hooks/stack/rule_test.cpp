// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/rule.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace {

using namespace dbgtrace::hooks::stack;

constexpr uintptr_t kBase = 0x7000'0000;
constexpr uintptr_t kReturn = 0x40'1234;

// Words of stack at kBase.
template <size_t kWords = 32>
struct ArrayStack {
  std::array<uintptr_t, kWords> words{};

  uintptr_t& at(uintptr_t address) { return words.at((address - kBase) / 8); }
  bool read(uintptr_t address, uintptr_t& word) {
    if (address < kBase || address >= kBase + sizeof words || address % 8 != 0) return false;
    word = at(address);
    return true;
  }
};

Registers registers(uintptr_t sp, uintptr_t fp) { return {.pc = 0x40'0000, .sp = sp, .fp = fp}; }

}  // namespace

TEST_CASE("a rule keeps its kind, offset and slot in 32 bits") {
  const Rule rule(RuleKind::kRbp, Rule::kMaxOffset, Rule::kMaxSlot);
  CHECK(rule.kind() == RuleKind::kRbp);
  CHECK(rule.offset() == Rule::kMaxOffset);
  CHECK(rule.slot() == Rule::kMaxSlot);
  CHECK(Rule(rule.word()) == rule);
  CHECK(Rule().empty());
  CHECK_FALSE(Rule::no_cfi().empty());
  CHECK_FALSE(Rule::outermost() == Rule::complex());
}

TEST_CASE("an rsp rule finds the return address below the CFA and leaves rbp alone") {
  ArrayStack stack;
  stack.at(kBase + 24) = kReturn;
  Registers regs = registers(kBase, 77);
  regs.exact = true;
  REQUIRE(execute({RuleKind::kRsp, 32, 0}, regs, stack) == Step::kFrame);
  CHECK(regs.pc == kReturn);
  CHECK(regs.sp == kBase + 32);
  CHECK(regs.fp == 77);
  CHECK_FALSE(regs.exact);
}

TEST_CASE("an rbp rule restores the saved rbp from its slot") {
  ArrayStack stack;
  stack.at(kBase + 64) = 0x1111;
  stack.at(kBase + 72) = kReturn;
  Registers regs = registers(kBase, kBase + 64);
  REQUIRE(execute({RuleKind::kRbp, 16, 2}, regs, stack) == Step::kFrame);
  CHECK(regs.pc == kReturn);
  CHECK(regs.sp == kBase + 80);
  CHECK(regs.fp == 0x1111);
}

TEST_CASE("a linkage stub has pushed a word from its slot's byte on") {
  ArrayStack stack;
  stack.at(kBase) = 0xbad;
  stack.at(kBase + 8) = kReturn;
  Registers pushed = registers(kBase, 0);
  pushed.pc = 0x40'000b;
  REQUIRE(execute({RuleKind::kPlt, 0, 11}, pushed, stack) == Step::kFrame);
  CHECK(pushed.pc == kReturn);
  Registers before = registers(kBase + 8, 0);
  before.pc = 0x40'000a;
  REQUIRE(execute({RuleKind::kPlt, 0, 11}, before, stack) == Step::kFrame);
  CHECK(before.pc == kReturn);
}

TEST_CASE("a realigned frame's CFA is read from the stack, its rbp from where rbp points") {
  ArrayStack stack;
  const uintptr_t fp = kBase + 64;
  stack.at(fp - 8) = kBase + 160;
  stack.at(fp) = 0x2222;
  stack.at(kBase + 152) = kReturn;
  Registers regs = registers(kBase, fp);
  REQUIRE(execute({RuleKind::kDrap, 8, 1}, regs, stack) == Step::kFrame);
  CHECK(regs.pc == kReturn);
  CHECK(regs.sp == kBase + 160);
  CHECK(regs.fp == 0x2222);
}

TEST_CASE("a signal frame gives back the interrupted registers with an exact pc") {
  ArrayStack<640> stack;
  stack.at(kBase + kUcontextPc) = 0x40'5678;
  stack.at(kBase + kUcontextSp) = 0x123456;
  stack.at(kBase + kUcontextFp) = 0x654321;
#if defined(__aarch64__)
  // A record behind the context repeats the two registers that lead to the callers.
  constexpr uintptr_t kRecord = kBase + kUcontextBytes;
  stack.at(kBase + kUcontextLink) = stack.at(kRecord + 8) = kReturn;
  stack.at(kRecord) = 0x654321;
  const Registers start = registers(kBase, kRecord);
#else
  const Registers start = registers(kBase, 0);
#endif
  Registers regs = start;
  REQUIRE(execute({RuleKind::kSigframe, 0, 0}, regs, stack) == Step::kFrame);
  CHECK(regs.pc == 0x40'5678);
  CHECK(regs.sp == 0x123456);
  CHECK(regs.fp == 0x654321);
  CHECK(regs.exact);
#if defined(__aarch64__)
  CHECK(link_of(regs) == kReturn);
  // Where the context is not there: the caller of what was interrupted, by the record alone.
  stack.at(kBase + kUcontextLink) = 0;
  regs = start;
  REQUIRE(execute({RuleKind::kSigframe, 0, 0}, regs, stack) == Step::kFrame);
  CHECK(regs.pc == kReturn);
  CHECK(regs.fp == 0x654321);
  CHECK_FALSE(regs.exact);
#endif
}

TEST_CASE("code without information is stepped over by the frame pointer, within limits") {
  ArrayStack stack;
  stack.at(kBase + 16) = kBase + 100;
  stack.at(kBase + 24) = kReturn;
  Registers regs = registers(kBase, kBase + 16);
  REQUIRE(execute(Rule::no_cfi(), regs, stack) == Step::kFrame);
  CHECK(regs.pc == kReturn);
  CHECK(regs.sp == kBase + 32);

  const auto step = [&](uintptr_t fp) {
    Registers other = registers(kBase + 8, fp);
    return execute(Rule::no_cfi(), other, stack);
  };
  CHECK(step(0) == Step::kOutermost);
  CHECK(step(kBase) == Step::kBroken);       // below the stack pointer
  CHECK(step(kBase + 17) == Step::kBroken);  // not aligned
  CHECK(step(kBase + 8 + kMaxUnknownFrameBytes + 8) == Step::kBroken);
  CHECK(step(kBase + 1024) == Step::kUnreadable);
  stack.at(kBase + 24) = 5;  // no code there
  CHECK(step(kBase + 16) == Step::kBroken);
}

TEST_CASE("a step that makes no sense leaves the registers as they were") {
  ArrayStack stack;
  const auto check = [&](Rule rule, uintptr_t sp, uintptr_t fp, Step expected) {
    Registers regs = registers(sp, fp);
    CHECK(execute(rule, regs, stack) == expected);
    CHECK(regs.pc == 0x40'0000);
    CHECK(regs.sp == sp);
    CHECK(regs.fp == fp);
  };
  check({RuleKind::kRsp, 0, 0}, kBase, 0, Step::kBroken);                 // CFA not above sp
  check({RuleKind::kRbp, 16, 2}, kBase + 64, kBase, Step::kBroken);       // CFA below sp
  check({RuleKind::kRbp, 16, 2}, kBase, UINTPTR_MAX - 7, Step::kBroken);  // wraps
  check({RuleKind::kRsp, 16, 0}, kBase + 4, 0, Step::kBroken);            // CFA not aligned
  check({RuleKind::kRsp, 4096, 0}, kBase, 0, Step::kUnreadable);
  check({RuleKind::kRsp, 16, 200}, kBase, 0, Step::kUnreadable);  // the rbp slot
  check({RuleKind::kRsp, 16, 0}, kBase, 0, Step::kOutermost);     // return address 0
  check(Rule::outermost(), kBase, 0, Step::kOutermost);
  check(Rule::complex(), kBase, 0, Step::kComplex);
}
