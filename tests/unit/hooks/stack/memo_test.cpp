// SPDX-License-Identifier: Apache-2.0
// The memo on stacks that are plain arrays, with rules of the test's own, against full walks.
#include "hooks/stack/memo.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/hooks/stack/fake_stack.hpp"

namespace dbgtrace::hooks::stack {

TEST_CASE("a memo gives what a walk gives, the first time and the second") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  const Result expected = walk_without(stack, start);
  REQUIRE(expected.pcs.size() == 11);
  REQUIRE(expected.end == Step::kOutermost);
  CHECK(memo.walk(stack, start) == expected);
  CHECK(memo.walk(stack, start) == expected);
}

// The caller finds its own caller by the frame pointer, which its callee saved. When the caller is
// called again with a larger frame, everything of the old call may still lie where it was: all
// return addresses that the memo knows, and only the saved frame pointer tells.
TEST_CASE("equal return addresses with another saved frame pointer are another stack") {
  FakeStack stack;
  Memo memo;
  const uintptr_t leaf = code_with({RuleKind::kRsp, 24, 3}, 10);  // rbp saved at CFA - 24
  const uintptr_t variable = code_with({RuleKind::kRbp, 16, 2}, 11);
  const uintptr_t old_caller = code_with(Rule::outermost(), 12);
  const uintptr_t new_caller = code_with(Rule::outermost(), 13);
  stack[2] = variable;           // the leaf's return address
  stack[0] = stack.address(10);  // and the frame pointer that it saved: the frame of old
  stack[11] = old_caller;        // return address of the old frame
  stack[31] = new_caller;        // and of the new one
  const Registers start{.pc = leaf, .sp = stack.address(0), .fp = 1};
  CHECK(memo.walk(stack, start).pcs == Pcs{leaf, variable, old_caller});
  stack[0] = stack.address(30);
  CHECK(stack[2] == variable);
  CHECK(stack[11] == old_caller);  // a comparison of return addresses finds nothing changed
  CHECK(memo.walk(stack, start).pcs == Pcs{leaf, variable, new_caller});
  CHECK(memo.walk(stack, start) == walk_without(stack, start));
}

TEST_CASE("a saved frame pointer that no caller's place depends on may change") {
  FakeStack stack;
  Memo memo;
  const uintptr_t saver = code_with({RuleKind::kRsp, 24, 2}, 20);
  const uintptr_t outermost = code_with(Rule::outermost(), 21);
  stack[2] = saver;
  stack[5] = outermost;
  Registers start{.pc = saver, .sp = stack.address(0), .fp = 5};
  MemoWalk(*memo.memo, start, stack.bounds, kCalls).set_note({7, 1});
  stack[1] = stack[4] = 4711;
  start.fp = 6;
  const MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
  CHECK(walk.note().tag == 7);
  CHECK(result_of(walk) == walk_without(stack, start));
}

// ... but where the callers change, it may come to matter.
TEST_CASE("a frame pointer that did not matter is read anew when callers change") {
  FakeStack stack;
  Memo memo;
  const uintptr_t saver = code_with({RuleKind::kRsp, 24, 2}, 20);
  const uintptr_t outermost = code_with(Rule::outermost(), 21);
  const uintptr_t by_fp = code_with({RuleKind::kRbp, 16, 0}, 22);
  const uintptr_t other = code_with(Rule::outermost(), 23);
  stack[2] = saver;
  stack[5] = outermost;
  const Registers start{.pc = saver, .sp = stack.address(0)};
  CHECK(memo.walk(stack, start).pcs == Pcs{saver, saver, outermost});
  stack[4] = stack.address(40);  // saved by the second frame: the frame pointer of its caller
  CHECK(memo.walk(stack, start).pcs == Pcs{saver, saver, outermost});
  stack[5] = by_fp;
  stack[41] = other;
  CHECK(memo.walk(stack, start).pcs == Pcs{saver, saver, by_fp, other});
  CHECK(memo.walk(stack, start) == walk_without(stack, start));
  stack[4] = stack.address(50);
  stack[51] = outermost;
  CHECK(memo.walk(stack, start).pcs == Pcs{saver, saver, by_fp, outermost});
}

TEST_CASE("whatever changes on a stack, a walk with the memo is the full walk") {
  constexpr int kRounds = 60'000;
  FakeStack stack;
  const auto variants = GENERATE(false, true);
  const auto plain = GENERATE(false, true);  // few frames that are stepped anew in each walk
  Memo memo(StackMemo::kMaxFrames, variants);
  std::mt19937 random(5);
  const Rule rules[] = {
      {RuleKind::kRsp, 16, 0},    {RuleKind::kRsp, 32, 0}, {RuleKind::kRsp, 24, 2},
      {RuleKind::kRsp, 48, 5},    {RuleKind::kRbp, 16, 2}, {RuleKind::kRbp, 16, 0},
      {RuleKind::kRbp, 32, 4},    {RuleKind::kDrap, 8, 1}, {RuleKind::kDrap, 16, 0},
      {RuleKind::kPlt, 0, 11},    Rule::no_cfi(),          Rule::outermost(),
      {RuleKind::kSigframe, 0, 0}};
  Pcs code;
  for (const Rule& rule : rules) {
    for (int copy = 0; copy < 2; ++copy) code.push_back(code_with(rule, 100 + code.size()));
  }
  // Signal frames come to where execution was interrupted: that pc is a key itself.
  for (size_t i = 0; i < code.size(); ++i) known_rules.insert(code[i], rules[i / 2]);
  constexpr size_t kWords = 400;
  const auto any_word = [&](size_t at) -> uintptr_t {
    constexpr unsigned kCodes[] = {8, 8, 8, 8, 14, 26};  // by sp alone; by fp as well; by all rules
    if (plain && random() % 40 != 0)
      return random() % 8 == 0 ? code[22] : code[random() % kCodes[random() % 5]];
    if (!plain && random() % 6 != 0) return code[random() % kCodes[random() % 6]];
    return stack.address(at + random() % 40);  // a frame pointer, further up
  };
  for (size_t i = 0; i < kWords; ++i) stack[i] = any_word(i);

  uint64_t frames = 0;
  uint64_t unchanged = 0;
  uint64_t known = 0;
  uint64_t remembered = 0;
  Registers start{.pc = code[0], .sp = stack.address(8), .fp = stack.address(20)};
  Registers starts[4] = {start, start, start, start};  // the same ones come again
  for (int round = 0; round < kRounds; ++round) {
    for (uint32_t changes = random() % 2 == 0 ? random() % 3 : 0; changes != 0; --changes) {
      const size_t at = random() % (random() % 2 == 0 ? 60 : kWords);
      stack[at] = any_word(at);
    }
    if (random() % 2 == 0) {
      start = {.pc = code[random() % 14],
               .sp = stack.address(random() % 24),
               .fp = stack.address(24 + random() % 60)};
      (random() % 2 == 0 ? starts[random() % std::size(starts)] : start) = start;
    } else if (random() % 2 == 0) {
      start = starts[random() % std::size(starts)];
    }
    const Result expected = walk_without(stack, start);
    const auto id = static_cast<uint32_t>(expected.hash);
    if (const uint32_t value = memo.memo->noted_value(start, stack.bounds, kCalls, 1)) {
      REQUIRE(value == id);
      ++known;
      if (random() % 2 == 0) continue;
    }
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    if (walk.ok() && random() % 2 == 0) {
      const MemoNote note = walk.note_with(1);
      if (note.tag != 0) {
        REQUIRE(note.value == id);
        ++remembered;
      }
    }
    if (!walk.ok()) {  // a circle of signal frames
      REQUIRE(expected.pcs.size() == kMaxStoredFrames);
      continue;
    }
    REQUIRE(result_of(walk) == expected);
    frames += walk.count();
    if (walk.note().tag == 1) {
      REQUIRE(walk.note().value == id);
      ++unchanged;
    }
    if (random() % 4 != 0) walk.remember({1, id}, id | 1);
  }
  CHECK(frames > 3 * kRounds);
  CHECK(unchanged > kRounds / 20);
  if (plain) CHECK(known > kRounds / (variants ? 10 : 20));
  CHECK(remembered > kRounds / 20);
}

TEST_CASE("nothing is remembered of code that may have been unloaded") {
  FakeStack stack;
  Memo memo;
  const uintptr_t leaf = code_with({RuleKind::kRsp, 16, 0}, 30);
  const uintptr_t outermost = code_with(Rule::outermost(), 31);
  const uintptr_t other = code_with(Rule::outermost(), 32);
  stack[1] = outermost;
  stack[3] = other;
  const Registers start{.pc = leaf, .sp = stack.address(0)};
  CHECK(memo.walk(stack, start).pcs == Pcs{leaf, outermost});
  const uint64_t before = memo.walk(stack, start).hash;

  loaded_code.unloaded(leaf - 1, leaf);
  CHECK(known_rules.find(leaf - 1).empty());
  CHECK_FALSE(known_rules.find(outermost - 1).empty());
  code_with({RuleKind::kRsp, 32, 0}, 30);  // what was loaded there since
  CHECK(memo.walk(stack, start).pcs == Pcs{leaf, other});

  loaded_code.unloaded(kCode, kCode + 4096 * 64);
  CHECK(known_rules.find(other - 1).empty());
  code_with({RuleKind::kRsp, 16, 0}, 30);
  code_with(Rule::outermost(), 31);
  const Result again = memo.walk(stack, start);
  CHECK(again.pcs == Pcs{leaf, outermost});
  CHECK(again.hash != before);  // the same addresses, but other code
  CHECK(again == walk_without(stack, start));

  loaded_code.doubt();
  CHECK(known_rules.find(outermost - 1).empty());
}

TEST_CASE("a walk in the middle of another one gets no memo, and does it no harm") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  Registers inner = start;
  Registers outer = start;
  outer.sp += 32;
  const Result expected = walk_without(stack, outer);
  {
    const MemoWalk walk(*memo.memo, outer, stack.bounds, kCalls);
    REQUIRE(walk.ok());
    CHECK_FALSE(MemoWalk(*memo.memo, inner, stack.bounds, kCalls).ok());
    CHECK(walk.intact());
    CHECK(result_of(walk) == expected);
  }
  CHECK(memo.walk(stack, inner) == walk_without(stack, inner));
}

TEST_CASE("a memo whose walk was jumped out of serves again") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  alignas(MemoWalk) std::byte abandoned[sizeof(MemoWalk)];  // never destroyed
  new (abandoned) MemoWalk(*memo.memo, start, stack.bounds, kCalls);
  Registers later = start;
  later.sp += GENERATE(0, 16);
  CHECK(memo.walk(stack, later) == walk_without(stack, later));
  CHECK(memo.walk(stack, start) == walk_without(stack, start));
}

// A handler on an alternate stack that lies above the interrupted frames looks like that.
TEST_CASE("a walk whose memo was taken meanwhile knows it, and leaves nothing wrong behind") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  Registers above = start;
  above.sp += 64;
  {
    const MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    REQUIRE(walk.ok());
    {
      const MemoWalk usurper(*memo.memo, above, stack.bounds, kCalls);
      CHECK(usurper.ok());
      CHECK(result_of(usurper) == walk_without(stack, above));
    }
    CHECK_FALSE(walk.intact());
  }
  CHECK(memo.walk(stack, start) == walk_without(stack, start));
}

TEST_CASE("a stack deeper than the memo is refused until the memo has grown") {
  FakeStack stack;
  Memo memo(8);
  const Registers start = recursion(stack, 30);
  CHECK_FALSE(MemoWalk(*memo.memo, start, stack.bounds, kCalls).ok());
  CHECK(memo.memo->wants_room());
  Registers shallow = start;
  shallow.sp += 16 * 25;
  CHECK(memo.walk(stack, shallow) == walk_without(stack, shallow));
  memo.memo->reset(31);
  CHECK_FALSE(memo.memo->wants_room());
  CHECK(memo.walk(stack, start) == walk_without(stack, start));
}

TEST_CASE("stacks that fill the memo to its last frame are walked right") {
  FakeStack stack;
  Memo memo(24);
  std::mt19937 random(3);
  const Registers start = recursion(stack, 23);
  const uintptr_t big = code_with({RuleKind::kRsp, 32, 0}, 40);
  for (int round = 0; round < 2000; ++round) {
    stack[2 * (random() % 22) + 1] = random() % 2 == 0 ? big : start.pc;
    Registers from = start;
    from.sp += 16 * (random() % 4);
    REQUIRE(memo.walk(stack, from) == walk_without(stack, from));
  }
}

TEST_CASE("another stack than the thread's own is not remembered") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  constexpr size_t kForeign = FakeStack::kWords / 2;
  stack.bounds.high = stack.address(kForeign);
  std::copy_n(&stack[0], kForeign, &stack[kForeign]);
  Registers foreign = start;
  foreign.sp = stack.address(kForeign);
  MemoWalk(*memo.memo, start, stack.bounds, kCalls).set_note({7, 1});
  CHECK_FALSE(MemoWalk(*memo.memo, foreign, stack.bounds, kCalls).ok());
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note().tag == 7);
}

}  // namespace dbgtrace::hooks::stack
