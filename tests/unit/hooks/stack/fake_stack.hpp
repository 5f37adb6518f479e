// SPDX-License-Identifier: Apache-2.0
// Stacks that are plain arrays, with code that has rules of the test's own, and a memo that walks
// them.
#pragma once

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/memo_walk.hpp"
#include "hooks/stack/rule_lookup.hpp"
#include "hooks/stack/walk.hpp"

namespace dbgtrace::hooks::stack {

inline constexpr auto kCalls = SystemCalls::kAllowed;
inline constexpr uintptr_t kCode = 0x1234'5000'0000;  // nothing is there

using Pcs = std::vector<uintptr_t>;

// A return address whose code has this rule.
inline uintptr_t code_with(Rule rule, uintptr_t number) {
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

inline Result walk_without(FakeStack& stack, const Registers& start) {
  Result result;
  result.pcs.resize(kMaxStoredFrames);
  const WalkResult walked = walk(start, result.pcs, stack.bounds, kCalls);
  result.pcs.resize(walked.count);
  result.end = walked.end;
  result.hash = stack_hash(result.pcs, [](uintptr_t pc) { return loaded_code.generation_of(pc); });
  return result;
}

inline Result result_of(const MemoWalk& walk) {
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
  // As a recorder would, to whom what it noted by this tag is enough.
  void remember(FakeStack& stack, const Registers& start, MemoNote note) {
    if (memo->noted_value(start, stack.bounds, kCalls, note.tag) == note.value) return;
    MemoWalk walk(*memo, start, stack.bounds, kCalls);
    REQUIRE(walk.ok());
    REQUIRE(result_of(walk) == walk_without(stack, start));
    walk.remember(note, 0);
  }
  uint32_t value_by(uint32_t tag, FakeStack& stack, const Registers& start) {
    if (const uint32_t value = memo->noted_value(start, stack.bounds, kCalls, tag); value != 0)
      return value;
    MemoWalk walk(*memo, start, stack.bounds, kCalls);
    REQUIRE(walk.ok());
    return walk.note_with(tag).value;
  }

  StackMemo* memo;
};

// A plain recursion: `depth` frames of one word and a return address each; leaf at word 0.
inline Registers recursion(FakeStack& stack, uint32_t depth) {
  const uintptr_t recursive = code_with({RuleKind::kRsp, 16, 0}, 1);
  const uintptr_t outermost = code_with(Rule::outermost(), 2);
  for (uint32_t i = 0; i < depth; ++i) stack[2 * i + 1] = i + 1 < depth ? recursive : outermost;
  return {.pc = depth != 0 ? recursive : outermost, .sp = stack.address(0)};
}

}  // namespace dbgtrace::hooks::stack
