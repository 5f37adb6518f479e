// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/memo.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/rule_lookup.hpp"

namespace dbgtrace::hooks::stack {
namespace {

constexpr uint32_t kSkippedWalks = 64;

}  // namespace

// Steps of all kinds, on all stacks. What it needs for that is made when it is first needed.
class StackMemo::SlowSteps {
 public:
  SlowSteps(StackBounds& own, SystemCalls calls) : own_(own), view_(own, calls), calls_(calls) {}

  const StackBounds& own() const { return own_; }

  // From the state of the frame, which gets the rule, to the caller's registers.
  Step step(Frame& frame, Registers& regs) {
    if (!entered_) {
      view_.enter(frame.sp);
      entered_ = true;
    }
    regs = {frame.pc, frame.sp, frame.fp, frame.is_exact()};
    frame.rule = rule_at(frame.is_exact() ? frame.pc : frame.pc - 1, calls_);
    const Step step = take_step(frame.rule, regs, view_, calls_);
    frame.flags =
        (frame.flags & kExact) | (is_provable(frame.rule, step, regs) ? 0u : uint32_t{kGuarded});
    return step;
  }

 private:
  // Whether words of the thread's own stack alone prove this step, or the rule alone ends the
  // stack.
  bool is_provable(Rule rule, Step step, const Registers& caller) const {
    if (step == Step::kFrame) {
      return is_common(rule) && own_.holds_word(caller.sp - 8) &&
             (rule.slot() == 0 || own_.holds_word(caller.sp - 8 * rule.slot()));
    }
    return rule.kind() == RuleKind::kStop;
  }

  StackBounds& own_;
  StackView view_;
  SystemCalls calls_;
  bool entered_ = false;
};

namespace {

// The frame pointer that the step to this caller restored.
template <typename Frame>
uintptr_t saved_fp(const Frame& caller, Rule rule, const StackBounds& own) {
  const uintptr_t address = caller.sp - 8 * rule.slot();
  return own.holds_word(address) ? *reinterpret_cast<const uintptr_t*>(address) : 0;
}

// Of a proven frame, in a run that begins with `first`: as the nearest frame further in saved it,
// or as the run began. Behind a guarded step it was written down anew.
template <typename Frame>
uintptr_t frame_pointer_at(const Frame* frame, const Frame* first, const StackBounds& own) {
  for (const Frame* callee = frame + 1;; ++callee) {
    if (callee > first || callee->is_guarded()) return callee[-1].fp;
    if (callee->rule.slot() != 0) return saved_fp(callee[-1], callee->rule, own);
  }
}

// Of all frames in a proven run. Those that did not matter were not compared, and may have changed;
// on top of other callers they may matter.
template <typename Frame>
void refresh_frame_pointers(Frame* first, Frame* last, const StackBounds& own) {
  for (Frame* callee = first; callee > last; --callee) {
    if (callee->is_guarded()) continue;
    callee[-1].fp = callee->rule.slot() != 0 ? saved_fp(callee[-1], callee->rule, own) : callee->fp;
  }
}

}  // namespace

void StackMemo::reset(uint32_t frames, bool keeps_variants) {
  frames_[0].sp = UINTPTR_MAX;
  frames_[0].hash = kEmptyStackHash;
  count_ = 0;
  capacity_ = std::min(frames, kMaxFrames);
  too_deep_sp_ = 0;
  note_ = {};
  keeps_variants_ = keeps_variants;
  forget_notes();
  busy_sp_.store(0, std::memory_order_relaxed);
}

// Puts new frames [fresh, end) upon their callers: what depends on these is computed here. kPlain:
// frames of plain code on callers that are all proven, so that there is less to think of.
template <bool kPlain>
[[gnu::always_inline]] inline void StackMemo::link(Frame* place, const Frame* fresh,
                                                   const Frame* end) {
  const Frame& callers = place[-1];
  uint64_t hash = callers.hash;
  uintptr_t caller_pc = callers.pc;
  uintptr_t caller_sp = callers.sp;
  uintptr_t caller_fp = callers.fp;
  uint32_t fp_matters = callers.flags & kFpMatters;
  uint32_t guard = kPlain ? 0 : callers.guard;
  uint32_t words_end = callers.words_end;
  for (; fresh != end; ++fresh, ++place) {
    const Rule rule = fresh->rule;
    const uint32_t flags = kPlain ? 0 : fresh->flags;
    if (kPlain || (is_common(rule) && (flags & kGuarded) == 0)) [[likely]] {
      words_[words_end++] = {caller_sp - 8, caller_pc};
      if (const uintptr_t slot = rule.slot(); slot != 0) {
        if (fp_matters != 0) words_[words_end++] = {caller_sp - 8 * slot, caller_fp};
        fp_matters = 0;
      }
      if (rule.kind() == RuleKind::kRbp) fp_matters = kFpMatters;
    } else if ((flags & kGuarded) != 0) {
      guard = static_cast<uint32_t>(place - frames_);
      fp_matters = kFpMatters;
    } else {
      fp_matters = 0;  // the end of the stack
    }
    caller_pc = fresh->pc;
    caller_sp = fresh->sp;
    caller_fp = fresh->fp;
    hash = extend_hash(hash, caller_pc, loaded_code.generation_of(caller_pc));
    place->pc = caller_pc;
    place->sp = caller_sp;
    place->fp = caller_fp;
    place->hash = hash;
    place->rule = rule;
    place->stored = 0;
    place->words_end = static_cast<uint16_t>(words_end);
    place->guard = static_cast<uint16_t>(guard);
    place->flags = flags | fp_matters;
  }
  count_ = static_cast<uint32_t>(place - frames_) - 1;
}

// Most changes are a few new frames of plain code on top of callers that are as they were: the same
// steps as below with nothing else to think of. False, and nothing has happened, if it is not so.
[[gnu::always_inline]] inline bool StackMemo::walk_to_callers(const Registers& start,
                                                              const StackBounds& own) {
  uintptr_t pc = start.pc;
  uintptr_t sp = start.sp;
  uintptr_t fp = start.fp;
  if (start.exact || sp % 8 != 0 || !own.holds_word(sp)) return false;
  const uintptr_t limit = own.high;
  Frame* const frames_end = frames_ + 1 + capacity_;
  Frame* const last = frames_ + count_;
  Frame* fresh = frames_end;
  Frame* candidate = last;
  for (;;) {
    while (candidate->sp < sp) --candidate;
    if (candidate->sp == sp && candidate->is_at({pc, sp, fp, false})) break;
    if (fresh - 1 == last) [[unlikely]]
      return false;
    const Rule rule = known_rules.find(pc - 1);
    if (!is_common(rule)) [[unlikely]]
      return false;
    const uintptr_t cfa = (rule.kind() == RuleKind::kRbp ? fp : sp) + rule.offset();
    const uintptr_t saved_at = cfa - 8 * rule.slot();
    if (cfa <= sp || cfa > limit || cfa % 8 != 0 || saved_at < sp) [[unlikely]]
      return false;
    --fresh;
    fresh->pc = pc;
    fresh->sp = sp;
    fresh->fp = fp;
    fresh->rule = rule;
    pc = word_at(cfa - 8);
    if (pc == 0) [[unlikely]]
      return false;
    if (rule.slot() != 0) fp = word_at(saved_at);
    sp = cfa;
  }
  if (candidate->guard != 0) [[unlikely]]
    return false;
  if (first_change(words_ + candidate->words_end, words_) != words_) return false;
  candidate->fp = fp;
  note_ = {};
  joined_ = static_cast<uint32_t>(candidate - frames_);
  link<true>(candidate + 1, fresh, frames_end);
  return true;
}

bool StackMemo::walk(const Registers& start, StackBounds& own, SystemCalls calls) {
  const uint32_t version = version_for(calls);
  if (version == version_) [[likely]] {
    const Frame& leaf = frames_[count_];
    if (leaf.is_at(start) && leaf.guard == 0) {
      if (first_change(words_ + leaf.words_end, words_) == words_) return true;
    } else if (walk_to_callers(start, own)) {
      return true;
    }
  }
  return walk_changed(start, own, calls, version);
}

// Whether the stack is likely to be too deep again.
bool StackMemo::refuse(uintptr_t sp) {
  if (sp > too_deep_sp_) [[likely]]
    return false;
  if (++skipped_ % kSkippedWalks == 0) too_deep_sp_ = 0;  // other functions may have larger frames
  return true;
}

// New frames are put at the end of the array, downwards, so that they lie in order; when the walk
// has come to the frames that are still there, they are moved on top of these.
//
//   | main | f | g | h | i |   free   | q | p |      kept: main f, new: p called by q called by f
//     1      2   ^ candidate          ^ fresh
bool StackMemo::walk_changed(const Registers& start, StackBounds& own, SystemCalls calls,
                             uint32_t version) {
  if (refuse(start.sp)) return false;
  if (!own.holds_word(start.sp)) {
    StackView(own, calls).enter(start.sp);  // a deeper part of the thread's stack may be proven
    if (!own.holds_word(start.sp)) return false;
  }
  if (version != version_) {
    count_ = 0;
    version_ = version;
  }
  SlowSteps slow(own, calls);
  Frame* const frames_end = frames_ + 1 + capacity_;
  Frame* fresh = frames_end;
  Frame* candidate = frames_ + count_;
  uintptr_t pc = start.pc;
  uintptr_t sp = start.sp;
  uintptr_t fp = start.fp;
  bool exact = start.exact;
  // Up to where words are read without more ado; 0 where that will not do.
  const auto limit_at = [&] { return !exact && sp % 8 == 0 && own.holds_word(sp) ? own.high : 0; };
  uintptr_t limit = limit_at();
  Frame* kept = frames_;
  for (;;) {
    // Frames do not keep the link register that the step out of interrupted code may need.
    if (!kCallPushes && exact) {
      count_ = 0;
      return false;
    }
    while (candidate->sp < sp) --candidate;
    if (candidate->sp == sp && candidate->is_at({pc, sp, fp, exact})) {
      candidate->fp = fp;
      const Run run = follow(candidate, slow);
      if (run.to_the_end) {
        kept = candidate;
        break;
      }
      // The run moves on top of other callers.
      refresh_frame_pointers(candidate, run.last, own);
      const auto moved = static_cast<size_t>(candidate - run.last) + 1;
      fresh -= moved;
      std::memmove(fresh, run.last, moved * sizeof(Frame));
      candidate = run.last - 1;
      if (run.stepped.step != Step::kFrame) {
        end_ = run.stepped.step;
        break;
      }
      const Registers& regs = run.stepped.regs;
      pc = regs.pc, sp = regs.sp, fp = regs.fp, exact = regs.exact;
      limit = limit_at();
      continue;
    }
    if (fresh - 1 == candidate) [[unlikely]] {
      if (candidate == frames_) {
        too_deep_sp_ = start.sp;
        count_ = 0;
        return false;
      }
      --candidate;
    }
    --fresh;
    fresh->pc = pc;
    fresh->sp = sp;
    fresh->fp = fp;
    fresh->flags = exact ? uint32_t{kExact} : 0u;
    const Rule rule = known_rules.find(pc - 1);
    const uintptr_t cfa = (rule.kind() == RuleKind::kRbp ? fp : sp) + rule.offset();
    if (is_common(rule) && cfa > sp && cfa <= limit && cfa % 8 == 0) [[likely]] {
      const uintptr_t saved_at = cfa - 8 * rule.slot();
      const uintptr_t caller = word_at(cfa - 8);
      if (saved_at >= sp && caller != 0) [[likely]] {
        fresh->rule = rule;
        if (rule.slot() != 0) fp = word_at(saved_at);
        pc = caller;
        sp = cfa;
        continue;
      }
    }
    Registers regs;
    const Step step = slow.step(*fresh, regs);
    if (step != Step::kFrame) {
      end_ = step;
      break;
    }
    pc = regs.pc, sp = regs.sp, fp = regs.fp, exact = regs.exact;
    limit = limit_at();
  }
  if (kept == frames_ + count_ && fresh == frames_end) return true;
  note_ = {};
  joined_ = static_cast<uint32_t>(kept - frames_);
  link<false>(kept + 1, fresh, frames_end);
  return true;
}

// From a proven frame towards the root.
StackMemo::Run StackMemo::follow(Frame* first, SlowSteps& slow) {
  Frame* at = first;
  for (;;) {
    Frame* const guard = std::min(frames_ + at->guard, at);
    const Word* bottom = guard == frames_ ? words_ : words_ + guard->words_end;
    const Word* proven = first_change(words_ + at->words_end, bottom);
    if (proven == bottom && guard == frames_) return {true, nullptr, {}};
    Run run{false, guard, {}};
    if (proven != bottom) {
      run.last = at;
      while (run.last > frames_ + 1 && words_ + run.last[-1].words_end >= proven) --run.last;
    }
    Frame stepped = *run.last;
    stepped.fp = frame_pointer_at(run.last, first, slow.own());
    Registers& regs = run.stepped.regs;
    const Step step = run.stepped.step = slow.step(stepped, regs);
    if (proven == bottom && step != Step::kFrame && guard == frames_ + 1 && step == end_) {
      return {true, nullptr, {}};
    }
    at = run.last - 1;
    if (proven != bottom || step != Step::kFrame || at == frames_ || !at->is_at(regs)) {
      *run.last = stepped;
      return run;
    }
    at->fp = regs.fp;
  }
}

// A walk whose frames were jumped over left the memo busy, and perhaps half changed: it started
// below where this one does. Else it is interrupted, and goes on when its signal handler returns.
bool StackMemo::take_over(uintptr_t sp) {
  if (sp < busy_sp_.load(std::memory_order_relaxed)) return false;
  count_ = 0;
  return true;
}

}  // namespace dbgtrace::hooks::stack
