// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/memo.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/rule_lookup.hpp"

namespace dbgtrace::hooks::stack {
namespace {

constexpr uint32_t kForbiddenBit = 1;
constexpr uint32_t kSkippedWalks = 64;

Rule rule_of(const Registers& regs, SystemCalls calls) {
  return rule_at(regs.exact ? regs.pc : regs.pc - 1, calls);
}

// Whether this step can be proven by words of the thread's own stack alone, or ends the stack by
// its rule. `after`: the caller's registers.
bool is_provable(Rule rule, Step step, const Registers& after, const StackBounds& own) {
  if (step == Step::kFrame) {
    return is_common(rule) && own.holds_word(after.sp - 8) &&
           (rule.slot() == 0 || own.holds_word(after.sp - 8 * rule.slot()));
  }
  return rule.kind() == RuleKind::kStop;
}

uintptr_t word_at(uintptr_t address) { return *reinterpret_cast<const uintptr_t*>(address); }

uintptr_t saved_fp(uintptr_t cfa, Rule rule, const StackBounds& own) {
  const uintptr_t address = cfa - 8 * rule.slot();
  return own.holds_word(address) ? word_at(address) : 0;
}

}  // namespace

void StackMemo::reset(uint32_t frames) {
  count_ = 0;
  capacity_ = std::min(frames, kMaxFrames);
  too_deep_sp_ = 0;
  note_ = {};
  busy_sp_.store(0, std::memory_order_relaxed);
}

// From the leaf to the root, that is downwards: behind the first word that is not as it was, else
// `to`.
const StackMemo::Word* StackMemo::first_change(const Word* from, const Word* to) {
  for (; from - to >= 4; from -= 4) {
    if (word_at(from[-1].at) != from[-1].value) return from;
    if (word_at(from[-2].at) != from[-2].value) return from - 1;
    if (word_at(from[-3].at) != from[-3].value) return from - 2;
    if (word_at(from[-4].at) != from[-4].value) return from - 3;
  }
  for (; from > to; --from) {
    if (word_at(from[-1].at) != from[-1].value) return from;
  }
  return from;
}

bool StackMemo::walk(const Registers& start, StackBounds& own, SystemCalls calls) {
  const uint32_t version =
      loaded_code.version() << 1 | (calls == SystemCalls::kForbidden ? kForbiddenBit : 0);
  if (version == version_ && count_ != 0) [[likely]] {
    const Frame& leaf = frames_[count_ - 1];
    if (leaf.guard == 0 && is_at(leaf, start)) [[likely]] {
      if (first_change(words_ + leaf.words_end, words_) == words_) [[likely]]
        return true;
    }
  }
  return walk_changed(start, own, calls, version);
}

bool StackMemo::walk_changed(const Registers& start, StackBounds& own, SystemCalls calls,
                             uint32_t version) {
  if (start.sp <= too_deep_sp_) {
    if (++skipped_ % kSkippedWalks == 0)
      too_deep_sp_ = 0;  // other functions may have larger frames
    return false;
  }
  StackView stack(own, calls);
  stack.enter(start.sp);
  if (!own.holds_word(start.sp)) return false;
  if (version != version_) {
    count_ = 0;
    version_ = version;
  }
  Registers regs = start;
  uint32_t candidates = count_;  // frames_[0, candidates) may be part of the stack as it is now
  uint32_t fresh = capacity_;    // frames_[fresh, capacity_) are new, and unlinked
  uint32_t kept = 0;             // frames_[0, kept) are proven to be
  Step step = Step::kFrame;
  do {
    while (candidates != 0 && frames_[candidates - 1].sp < regs.sp) --candidates;
    if (candidates != 0 && is_at(frames_[candidates - 1], regs)) {
      const uint32_t first = candidates - 1;
      frames_[first].fp = regs.fp;
      const Run run = follow(first, stack, own, calls);
      if (run.to_the_end) {
        kept = candidates;
        break;
      }
      // The run moves on top of other callers.
      refresh_frame_pointers(first, run.last, own);
      const uint32_t moved = candidates - run.last;
      fresh -= moved;
      std::memmove(frames_ + fresh, frames_ + run.last, moved * sizeof(Frame));
      candidates = run.last;
      step = run.stepped.step;
      regs = run.stepped.regs;
      frames_[fresh].is_guarded = !is_provable(frames_[fresh].rule, step, regs, own);
      continue;
    }
    if (fresh == candidates) {
      if (fresh == 0) {
        too_deep_sp_ = start.sp;
        count_ = 0;
        return false;
      }
      --candidates;
    }
    const Rule rule = rule_of(regs, calls);
    Frame& frame = frames_[--fresh];
    frame.pc = regs.pc;
    frame.sp = regs.sp;
    frame.fp = regs.fp;
    frame.rule = rule;
    frame.exact = regs.exact;
    step = take_step(rule, regs, stack, calls);
    frame.is_guarded = !is_provable(rule, step, regs, own);
  } while (step == Step::kFrame);

  if (kept == 0) end_ = step;
  if (kept == count_ && fresh == capacity_) return true;
  note_ = {};
  for (; fresh < capacity_; ++fresh) link(kept++, frames_[fresh]);
  count_ = kept;
  return true;
}

// From frames_[first], which is proven, towards the root.
StackMemo::Run StackMemo::follow(uint32_t first, StackView& stack, const StackBounds& own,
                                 SystemCalls calls) {
  uint32_t at = first;
  for (;;) {
    const uint32_t guard = std::min<uint32_t>(frames_[at].guard, at + 1);
    const Word* bottom = guard == 0 ? words_ : words_ + frames_[guard - 1].words_end;
    const Word* proven = first_change(words_ + frames_[at].words_end, bottom);
    const bool is_changed = proven != bottom;
    if (!is_changed && guard == 0) return {true, 0, {}};
    uint32_t last = at;
    if (is_changed) {
      while (last > 0 && words_ + frames_[last - 1].words_end >= proven) --last;
    } else {
      last = guard - 1;
    }
    const Frame& frame = frames_[last];
    Registers regs{frame.pc, frame.sp, frame_pointer_at(last, first, own), frame.exact};
    const Rule rule = is_changed ? frame.rule : rule_of(regs, calls);
    const Step step = take_step(rule, regs, stack, calls);
    if (!is_changed) {
      if (step != Step::kFrame && last == 0 && step == end_) return {true, 0, {}};
      if (step == Step::kFrame && last != 0 && is_at(frames_[last - 1], regs)) {
        at = last - 1;
        frames_[at].fp = regs.fp;
        continue;
      }
      frames_[last].rule = rule;
    }
    return {false, last, {step, regs}};
  }
}

// The frame pointer at a proven frame of a run: as the nearest frame further in saved it, or as the
// run began. Behind a guarded step it was written down anew.
uintptr_t StackMemo::frame_pointer_at(uint32_t index, uint32_t first,
                                      const StackBounds& own) const {
  for (uint32_t callee = index + 1;; ++callee) {
    if (callee > first || frames_[callee].is_guarded) return frames_[callee - 1].fp;
    const Rule rule = frames_[callee].rule;
    if (rule.slot() != 0) return saved_fp(frames_[callee - 1].sp, rule, own);
  }
}

// Those that did not matter were not compared, and may have changed; on other callers they may
// matter.
void StackMemo::refresh_frame_pointers(uint32_t first, uint32_t last, const StackBounds& own) {
  uintptr_t fp = frames_[first].fp;
  for (uint32_t callee = first; callee > last; --callee) {
    Frame& caller = frames_[callee - 1];
    const Rule rule = frames_[callee].rule;
    if (frames_[callee].is_guarded) {
      fp = caller.fp;
    } else if (rule.slot() != 0) {
      fp = saved_fp(caller.sp, rule, own);
    }
    caller.fp = fp;
  }
}

// Puts a frame upon its callers: what depends on them is computed here, outermost first.
void StackMemo::link(uint32_t index, const Frame& unlinked) {
  static constexpr Frame kNoFrame{};
  const Frame& caller = index != 0 ? frames_[index - 1] : kNoFrame;
  const uint64_t outer_hash = index != 0 ? caller.hash : kEmptyStackHash;
  Frame frame = unlinked;
  frame.hash = extend_hash(outer_hash, frame.pc, loaded_code.generation_of(frame.pc));
  frame.stored = 0;
  frame.words_end = caller.words_end;
  frame.guard = caller.guard;
  if (frame.is_guarded) {
    frame.guard = static_cast<uint16_t>(index + 1);
    frame.fp_matters = true;
  } else if (is_common(frame.rule) && index != 0) {
    const uintptr_t slot = frame.rule.slot();
    words_[frame.words_end++] = {caller.sp - 8, caller.pc};
    if (slot != 0 && caller.fp_matters)
      words_[frame.words_end++] = {caller.sp - 8 * slot, caller.fp};
    frame.fp_matters = frame.rule.kind() == RuleKind::kRbp || (slot == 0 && caller.fp_matters);
  } else {
    frame.fp_matters = false;  // the end of the stack
  }
  frames_[index] = frame;
}

// A walk whose frames were jumped over left the memo busy, and perhaps half changed: it started
// below where this one does. Else it is interrupted, and goes on when its signal handler returns.
bool StackMemo::take_over(uintptr_t sp) {
  if (sp < busy_sp_.load(std::memory_order_relaxed)) return false;
  count_ = 0;
  return true;
}

MemoWalk::MemoWalk(StackMemo& memo, const Registers& start, StackBounds& own, SystemCalls calls)
    : memo_(memo), ticket_(0), ok_(false) {
  if (memo.busy_sp_.load(std::memory_order_relaxed) != 0 && !memo.take_over(start.sp)) return;
  memo.busy_sp_.store(start.sp, std::memory_order_relaxed);
  ticket_ = memo.ticket_.load(std::memory_order_relaxed) + 1;
  memo.ticket_.store(ticket_, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ok_ = memo.walk(start, own, calls);
}

MemoWalk::~MemoWalk() {
  if (ticket_ == 0) return;
  // A handler on a stack above this one may have taken a live walk for a dead one.
  if (!intact()) {
    memo_.count_ = 0;
    memo_.ticket_.store(memo_.ticket_.load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  memo_.busy_sp_.store(0, std::memory_order_relaxed);
}

void MemoWalk::copy_pcs(std::span<uintptr_t> out) const {
  const uint32_t count = std::min<uint32_t>(memo_.count_, static_cast<uint32_t>(out.size()));
  for (uint32_t i = 0; i < count; ++i) out[i] = memo_.frames_[memo_.count_ - 1 - i].pc;
}

MemoParent MemoWalk::next_parent(MemoParent refused) const {
  for (uint32_t frames = std::min(refused.frames, count() + 1) - 1; frames != 0; --frames) {
    const uint32_t stored = memo_.frames_[frames - 1].stored;
    if (stored != 0 && stored != refused.reference) return {stored, frames};
  }
  return {0, 0};
}

void MemoWalk::set_stored(uint32_t reference) {
  for (uint32_t i = count(); i-- != 0 && memo_.frames_[i].stored == 0;) {
    memo_.frames_[i].stored = reference;
  }
}

}  // namespace dbgtrace::hooks::stack
