// SPDX-License-Identifier: Apache-2.0
// What was noted and stored of a stack, and when it is known again.
#include "hooks/stack/memo_walk.hpp"

#include <catch2/catch.hpp>

#include "hooks/stack/loaded_code.hpp"
#include "tests/unit/hooks/stack/fake_stack.hpp"

namespace dbgtrace::hooks::stack {

TEST_CASE("what is noted of a stack is kept until the stack changes") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  {
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    CHECK(walk.note().tag == 0);
    walk.set_note({7, 4711});
  }
  {
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    CHECK(walk.note().tag == 7);
    CHECK(walk.note().value == 4711);
  }
  stack[2 * 9] = 99;  // no word that a walk reads
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note().tag == 7);
  Registers deeper = start;
  deeper.sp += 16;
  CHECK(MemoWalk(*memo.memo, deeper, stack.bounds, kCalls).note().tag == 0);
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note().tag == 0);
}

TEST_CASE("what is remembered of a stack is known when the stack comes again, by its tag") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  Registers deeper = start;
  deeper.sp += 16;
  MemoWalk(*memo.memo, start, stack.bounds, kCalls).remember({7, 4711}, 0);
  CHECK(MemoWalk(*memo.memo, deeper, stack.bounds, kCalls).note_with(7).tag == 0);
  MemoWalk(*memo.memo, deeper, stack.bounds, kCalls).remember({6, 12}, 0);
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note_with(6).tag == 0);
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note_with(7).value == 4711);
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note().value == 4711);
  CHECK(MemoWalk(*memo.memo, deeper, stack.bounds, kCalls).note_with(6).value == 12);
  memo.memo->reset(StackMemo::kFirstFrames);
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note_with(7).tag == 0);
}

TEST_CASE("a stack that comes again tells what is stored of it") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  Registers deeper = start;
  deeper.sp += 16;
  MemoWalk(*memo.memo, start, stack.bounds, kCalls).remember({7, 1}, 100);
  stack[2 * 3 + 1] = code_with({RuleKind::kRsp, 32, 0}, 40);
  MemoWalk(*memo.memo, start, stack.bounds, kCalls).remember({7, 2}, 200);
  recursion(stack, 10);
  MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
  CHECK(walk.first_parent().frames < walk.count());
  CHECK(walk.note_with(7).value == 1);
  CHECK(walk.first_parent().reference == 100);
  CHECK(walk.first_parent().frames == walk.count());
}

// A handler on an alternate stack may have written the same place of the table meanwhile.
TEST_CASE("what a walk remembers that lost its memo is not found") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  Registers above = start;
  above.sp += 64;
  {
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    { const MemoWalk usurper(*memo.memo, above, stack.bounds, kCalls); }
    REQUIRE_FALSE(walk.intact());
    walk.remember({7, 1}, 0);
  }
  CHECK(MemoWalk(*memo.memo, start, stack.bounds, kCalls).note_with(7).tag == 0);
}

TEST_CASE("stacks that differ next to the leaf are known by their words alone") {
  FakeStack stack;
  Memo memo(StackMemo::kFirstFrames, true);
  const uintptr_t leaf = code_with({RuleKind::kRsp, 16, 0}, 50);
  const uintptr_t other_leaf = code_with({RuleKind::kRsp, 16, 0}, 51);
  const Registers start = recursion(stack, 10);
  const Registers one{.pc = leaf, .sp = start.sp};
  const Registers two{.pc = other_leaf, .sp = start.sp};
  const auto known = [&](const Registers& from, uint32_t tag) {
    return memo.value_by(tag, stack, from);
  };
  const auto remember = [&](const Registers& from, uint32_t value) {
    memo.remember(stack, from, {7, value});
  };
  remember(one, 1);
  remember(two, 2);
  remember(one, 1);  // now it is known on which callers the two differ
  remember(two, 2);
  CHECK(known(one, 7) == 1);
  CHECK(known(two, 7) == 2);
  CHECK(known(one, 6) == 0);
  CHECK(memo.memo->noted_value(one, stack.bounds, kCalls, 7) == 1);
  CHECK(memo.memo->noted_value(two, stack.bounds, kCalls, 7) == 2);
  CHECK(memo.walk(stack, one) == walk_without(stack, one));
  for (const size_t changed : {1, 5, 17}) {
    const uintptr_t before = stack[changed];
    stack[changed] = code_with({RuleKind::kRsp, 32, 0}, 40);
    CHECK(known(one, 7) == 0);
    CHECK(known(two, 7) == 0);
    stack[changed] = before;
    remember(one, 1);
    remember(two, 2);
  }
  loaded_code.doubt();
  recursion(stack, 10);
  code_with({RuleKind::kRsp, 32, 0}, 50);  // what was loaded there since
  CHECK(known(one, 7) == 0);
}

// What a handler finds that interrupts a walk may be half of it.
TEST_CASE("on top of a walk no stack is known") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  memo.remember(stack, start, {7, 4711});
  CHECK(memo.memo->noted_value(start, stack.bounds, kCalls, 7) == 4711);
  {
    const MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    CHECK(memo.memo->noted_value(start, stack.bounds, kCalls, 7) == 0);
  }
  CHECK(memo.memo->noted_value(start, stack.bounds, kCalls, 7) == 4711);
  Registers interrupted = start;
  interrupted.exact = true;
  CHECK(memo.memo->noted_value(interrupted, stack.bounds, kCalls, 7) == 0);
}

TEST_CASE("a stack is not known by its words where another frame pointer leads elsewhere") {
  FakeStack stack;
  Memo memo(StackMemo::kFirstFrames, true);
  const uintptr_t by_fp = code_with({RuleKind::kRbp, 16, 0}, 60);
  const uintptr_t leaf = code_with({RuleKind::kRsp, 16, 0}, 61);
  const uintptr_t other_leaf = code_with({RuleKind::kRsp, 16, 0}, 62);
  const uintptr_t plain = code_with({RuleKind::kRsp, 16, 0}, 63);
  const uintptr_t root = code_with(Rule::outermost(), 64);
  const uintptr_t other_root = code_with(Rule::outermost(), 65);
  const auto known = [&](const Registers& from) { return memo.value_by(7, stack, from); };
  const auto remember = [&](const Registers& from, uint32_t value) {
    memo.remember(stack, from, {7, value});
  };
  // Of two equal halves of the stack one has another root.
  for (const size_t half : {0, 100}) {
    stack[half + 11] = plain;
    stack[half + 13] = plain;
    stack[half + 15] = half == 0 ? root : other_root;
  }
  SECTION("of the leaf") {
    const Registers first{.pc = by_fp, .sp = stack.address(0), .fp = stack.address(10)};
    Registers other_half = first;
    other_half.fp = stack.address(110);
    remember({.pc = plain, .sp = stack.address(12)}, 1);
    remember(first, 2);
    remember({.pc = plain, .sp = stack.address(12)}, 1);
    CHECK(known(first) == 2);
    CHECK(known(other_half) == 0);
  }
  SECTION("of the callers that the memo has") {
    stack[1] = by_fp;
    const Registers first{.pc = leaf, .sp = stack.address(0), .fp = stack.address(10)};
    const Registers second{.pc = other_leaf, .sp = stack.address(0), .fp = stack.address(10)};
    remember(first, 1);
    remember(second, 2);
    remember(first, 1);
    CHECK(known(second) == 2);
    stack[115] = root;  // the halves are the same, return address by return address
    Registers elsewhere = first;
    elsewhere.fp = stack.address(110);
    remember(elsewhere, 1);
    stack[15] = other_root;
    CHECK(known(second) == 0);
  }
}

TEST_CASE("the stored stack that shares the most frames is the parent") {
  FakeStack stack;
  Memo memo;
  const Registers start = recursion(stack, 10);
  {
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
    CHECK(walk.first_parent().reference == 0);
    walk.set_stored(100);
    CHECK(walk.first_parent().reference == 100);
    CHECK(walk.first_parent().frames == 11);
    CHECK(walk.next_parent(walk.first_parent()).reference == 0);
  }
  const uintptr_t big = code_with({RuleKind::kRsp, 32, 0}, 40);
  stack[2 * 3 + 1] = big;
  MemoWalk walk(*memo.memo, start, stack.bounds, kCalls);
  CHECK(walk.count() == 10);
  CHECK(walk.first_parent().reference == 100);
  CHECK(walk.first_parent().frames == 5);
  walk.set_stored(200);
  CHECK(walk.first_parent().reference == 200);
  const MemoParent outer = walk.next_parent(walk.first_parent());
  CHECK(outer.reference == 100);
  CHECK(outer.frames == 5);
}

}  // namespace dbgtrace::hooks::stack
