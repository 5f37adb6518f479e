// SPDX-License-Identifier: Apache-2.0
// The memo on stacks that are plain arrays, with rules of the test's own, against full walks.
#include "hooks/stack/memo.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/rule_lookup.hpp"
#include "hooks/stack/walk.hpp"

using namespace dbgtrace::hooks::stack;

namespace {

constexpr auto kCalls = SystemCalls::kAllowed;
constexpr uintptr_t kCode = 0x1234'5000'0000;  // nothing is there

using Pcs = std::vector<uintptr_t>;

// A return address whose code has this rule.
uintptr_t code_with(Rule rule, uintptr_t number) {
  const uintptr_t pc = kCode + 64 * number;
  known_rules.insert(pc - 1, rule);
  return pc;
}

struct FakeStack {
  static constexpr size_t kWords = 4096;

  FakeStack() {
    bounds.low = address(0);
    bounds.high = address(kWords);
  }
  uintptr_t address(size_t index) const {
    return reinterpret_cast<uintptr_t>(words.get()) + 8 * index;
  }
  uintptr_t& operator[](size_t index) { return words[index]; }

  std::unique_ptr<uintptr_t[]> words{new uintptr_t[kWords]()};
  StackBounds bounds;
};

struct Result {
  Pcs pcs;
  Step end = Step::kFrame;
  uint64_t hash = 0;

  bool operator==(const Result&) const = default;
};

Result walk_without(FakeStack& stack, const Registers& start) {
  Result result;
  result.pcs.resize(kMaxStoredFrames);
  const WalkResult walked = walk(start, result.pcs, stack.bounds, kCalls);
  result.pcs.resize(walked.count);
  result.end = walked.end;
  result.hash = stack_hash(result.pcs, [](uintptr_t pc) { return loaded_code.generation_of(pc); });
  return result;
}

Result result_of(const MemoWalk& walk) {
  Result result;
  result.pcs.resize(walk.count());
  walk.copy_pcs(result.pcs);
  result.end = walk.end();
  result.hash = walk.hash();
  return result;
}

struct Memo {
  explicit Memo(uint32_t frames = StackMemo::kFirstFrames, bool variants = false) {
    void* memory = mmap(nullptr, sizeof(StackMemo), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memo = static_cast<StackMemo*>(memory);
    memo->reset(frames, variants);
  }
  ~Memo() { munmap(memo, sizeof(StackMemo)); }
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  Result walk(FakeStack& stack, const Registers& start) {
    const MemoWalk walked(*memo, start, stack.bounds, kCalls);
    REQUIRE(walked.ok());
    return result_of(walked);
  }
  StackMemo* memo;
};

// A plain recursion: `depth` frames of one word and a return address each; leaf at word 0.
Registers recursion(FakeStack& stack, uint32_t depth) {
  const uintptr_t recursive = code_with({RuleKind::kRsp, 16, 0}, 1);
  const uintptr_t outermost = code_with(Rule::outermost(), 2);
  for (uint32_t i = 0; i < depth; ++i) stack[2 * i + 1] = i + 1 < depth ? recursive : outermost;
  return {.pc = depth != 0 ? recursive : outermost, .sp = stack.address(0)};
}

}  // namespace

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
    MemoWalk walk(*memo.memo, from, stack.bounds, kCalls, tag);
    REQUIRE(walk.ok());
    return walk.note_with(tag).value;
  };
  const auto remember = [&](const Registers& from, uint32_t value) {
    MemoWalk walk(*memo.memo, from, stack.bounds, kCalls, 7);
    REQUIRE(walk.complete(from, stack.bounds, kCalls));
    walk.remember({7, value}, 0);
  };
  remember(one, 1);
  remember(two, 2);
  remember(one, 1);  // now it is known on which callers the two differ
  remember(two, 2);
  CHECK(known(one, 7) == 1);
  CHECK(known(two, 7) == 2);
  CHECK(known(one, 6) == 0);
  {
    MemoWalk walk(*memo.memo, one, stack.bounds, kCalls, 7);
    CHECK(walk.note_with(7).value == 1);
    REQUIRE(walk.complete(one, stack.bounds, kCalls));
    CHECK(result_of(walk) == walk_without(stack, one));
  }
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

TEST_CASE("a stack is not known by its words where another frame pointer leads elsewhere") {
  FakeStack stack;
  Memo memo(StackMemo::kFirstFrames, true);
  const uintptr_t by_fp = code_with({RuleKind::kRbp, 16, 0}, 60);
  const uintptr_t leaf = code_with({RuleKind::kRsp, 16, 0}, 61);
  const uintptr_t other_leaf = code_with({RuleKind::kRsp, 16, 0}, 62);
  const uintptr_t plain = code_with({RuleKind::kRsp, 16, 0}, 63);
  const uintptr_t root = code_with(Rule::outermost(), 64);
  const uintptr_t other_root = code_with(Rule::outermost(), 65);
  const auto known = [&](const Registers& from) {
    MemoWalk walk(*memo.memo, from, stack.bounds, kCalls, 7);
    return walk.note_with(7).value;
  };
  const auto remember = [&](const Registers& from, uint32_t value) {
    MemoWalk walk(*memo.memo, from, stack.bounds, kCalls, 7);
    REQUIRE(walk.complete(from, stack.bounds, kCalls));
    REQUIRE(result_of(walk) == walk_without(stack, from));
    walk.remember({7, value}, 0);
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
    if (random() % 6 != 0) return code[random() % kCodes[random() % 6]];
    return stack.address(at + random() % 40);  // a frame pointer, further up
  };
  for (size_t i = 0; i < kWords; ++i) stack[i] = any_word(i);

  uint64_t frames = 0;
  uint64_t unchanged = 0;
  uint64_t known = 0;
  Registers start{.pc = code[0], .sp = stack.address(8), .fp = stack.address(20)};
  Registers starts[4] = {start, start, start, start};  // the same ones come again
  for (int round = 0; round < kRounds; ++round) {
    for (uint32_t changes = random() % 3; changes != 0; --changes) {
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
    MemoWalk walk(*memo.memo, start, stack.bounds, kCalls, 1);
    if (const MemoNote note = walk.ok() ? walk.note_with(1) : MemoNote{}; note.tag != 0) {
      REQUIRE(note.value == id);
      ++known;
      if (random() % 2 == 0) continue;
    }
    if (!walk.complete(start, stack.bounds, kCalls)) {  // a circle of signal frames
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
  CHECK(known > kRounds / 10);
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
