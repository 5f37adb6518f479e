// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/unwind_compare/memo_check.hpp"

#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <span>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/memo_pool.hpp"
#include "hooks/stack/memo_walk.hpp"
#include "hooks/stack/walk.hpp"

namespace unwind_compare {

namespace stack = dbgtrace::hooks::stack;

MemoTally memo_tally;

namespace {

constexpr auto kCalls = stack::SystemCalls::kAllowed;
constexpr unsigned kReportedDifferences = 5;

constinit stack::MemoPool pool;
unsigned reported;

struct ThreadMemo {
  stack::StackMemo* memo = nullptr;
  stack::StackBounds bounds;
  // Of the walk that may be interrupted now; null: none.
  sigjmp_buf* volatile way_out = nullptr;
  unsigned interrupts = 0;

  ~ThreadMemo() { pool.give_back(memo); }
  stack::StackMemo& get() {
    if (memo == nullptr) {
      pool.start(true, kCalls);
      memo = pool.take(kCalls);
    }
    return *memo;
  }
};
thread_local ThreadMemo mine;

struct Walked {
  std::array<uintptr_t, stack::kMaxStoredFrames> pcs;
  uint32_t count = 0;
  uint64_t hash = 0;
  stack::Step end{};
  uint32_t note = 0;  // what was remembered of this stack; 0: nothing
};

// What is remembered of a stack is said of the stack itself, so that it can be checked.
uint32_t note_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 16) | 1; }

void report(const Walked& with, const Walked& without) {
  if (reported++ >= kReportedDifferences) return;
  std::fprintf(stderr, "memo: %u frames, end %d; walk: %u frames, end %d\n", with.count,
               static_cast<int>(with.end), without.count, static_cast<int>(without.end));
  for (uint32_t i = 0; i < std::max(with.count, without.count) && i < 24; ++i) {
    const uintptr_t a = i < with.count ? with.pcs[i] : 0;
    const uintptr_t b = i < without.count ? without.pcs[i] : 0;
    Dl_info info{};
    dladdr(reinterpret_cast<void*>(b != 0 ? b : a), &info);
    std::fprintf(stderr, "  %2u %14lx %14lx %s %s\n", i, a, b, a == b ? " " : "*",
                 info.dli_sname != nullptr ? info.dli_sname : "");
  }
}

bool walk_with_memo(const stack::Registers& start, Walked& walked) {
  stack::StackMemo& memo = mine.get();
  walked.note = memo.noted_value(start, mine.bounds, kCalls, 1);
  const bool was_known = walked.note != 0;
  {
    stack::MemoWalk walk(memo, start, mine.bounds, kCalls);
    if (walk.ok()) {
      walked.count = walk.count();
      walked.hash = walk.hash();
      walked.end = walk.end();
      walk.copy_pcs(walked.pcs);
      if (!was_known) walked.note = walk.note_with(1).value;
      if (walk.intact()) {
        walk.remember({1, note_of(walked.hash)}, 0);
        return true;
      }
    }
  }
  if (memo.wants_room()) pool.grow(memo);
  return false;
}

void compare(const stack::Registers& start, const Walked& with) {
  Walked without;
  const auto result = stack::walk(start, without.pcs, mine.bounds, kCalls);
  without.count = result.count;
  without.end = result.end;
  without.hash =
      stack::stack_hash(std::span(without.pcs).first(without.count), [](uintptr_t) { return 0; });
  ++memo_tally.walks;
  memo_tally.frames += without.count;
  const bool same =
      with.count == without.count && with.hash == without.hash && with.end == without.end &&
      result.omitted == 0 && (with.note == 0 || with.note == note_of(without.hash)) &&
      std::equal(with.pcs.begin(), with.pcs.begin() + with.count, without.pcs.begin());
  if (same) return;
  ++memo_tally.different;
  report(with, without);
}

}  // namespace

void check_memo(const stack::Registers& start) {
  Walked walked;
  sigjmp_buf way_out;
  sigjmp_buf* const outer = mine.way_out;
  if (sigsetjmp(way_out, 0) != 0) ++memo_tally.left;
  mine.way_out = &way_out;
  const bool ok = walk_with_memo(start, walked);
  mine.way_out = outer;
  if (!ok) {
    ++memo_tally.refused;
    return;
  }
  compare(start, walked);
}

[[gnu::noinline]] unsigned walk_with_memo() {
  const stack::Registers start = stack::from_frame(__builtin_frame_address(0));
  const stack::MemoWalk walk(mine.get(), start, mine.bounds, kCalls);
  return walk.ok() ? walk.count() : 0;
}

void interrupt_memo(const stack::Registers& start) {
  sigjmp_buf* const way_out = mine.way_out;
  if (way_out == nullptr) return;
  ++memo_tally.interrupted;
  mine.way_out = nullptr;
  check_memo(start);
  mine.way_out = way_out;
  if (++mine.interrupts % 3 == 0) siglongjmp(*way_out, 1);
}

}  // namespace unwind_compare
