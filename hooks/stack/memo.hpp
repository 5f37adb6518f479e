// SPDX-License-Identifier: Apache-2.0
// What a thread remembers of its last walk, so that the next one need not walk again where nothing
// has changed. A walk is a pure function of where it starts, of the rules, and of the stack words
// it reads. So a walk that comes to a remembered frame (same pc, sp and, if it matters, frame
// pointer) and finds the remembered words still there has, by induction, the remembered frames
// above it. Comparing return addresses alone would be wrong: a caller's frame pointer decides where
// the frames of its callers lie, and what is compared may be left over from an earlier call.
//
//   frames, outermost first     main | f | g | h      hash of h = mix(hash of g, pc of h): of the
//   words that prove them        m0  |f0 f1|g0|h0     whole stack that ends with that frame
//
// A word is a return address, or a saved frame pointer on which the place of a caller depends (most
// functions save rbp only because they use it for something else). Frames whose step reads anything
// else (signal frames, realigned frames, code without call frame information, other stacks than the
// thread's own) are guarded: they are stepped anew in each walk.
//
// Nothing is written to the stack: longjmp, exceptions and fibers leave nothing to undo. A signal
// handler that walks in the middle of a walk of its thread gets no memo; a walk that never ends
// (siglongjmp out of such a handler) is told by a later one that starts above it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "hooks/stack/leaf_variants.hpp"
#include "hooks/stack/loaded_code.hpp"
#include "hooks/stack/registers.hpp"
#include "hooks/stack/rule.hpp"
#include "hooks/stack/rule_lookup.hpp"
#include "hooks/stack/stack_bounds.hpp"
#include "hooks/stack/step.hpp"
#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

// What the owner has to say about the whole stack: kept for as long as the stack stays the same,
// and for a while longer, so that it is known when one of the newest stacks comes again.
struct MemoNote {
  uint32_t tag;  // 0: nothing
  uint32_t value;
};

// To be put into zeroed memory; use through MemoWalk. Thread-safety: one thread. Signal-safety:
// yes. Allocates: never.
class StackMemo {
 public:
  static constexpr uint32_t kMaxFrames = 640;  // a deeper stack is walked without a memo
  static constexpr uint32_t kFirstFrames = 83;

  // Forgets everything; `frames` (at most kMaxFrames) bounds the memory that is ever touched, but
  // for kVariantBytes more if variants are kept.
  void reset(uint32_t frames, bool keeps_variants = false);
  static constexpr uint64_t touched_bytes(uint32_t frames);
  static constexpr uint64_t kVariantBytes = (sizeof(LeafVariants) + 4095) / 4096 * 4096;

  // What was noted with this tag of the stack whose return address `start` is, if that is the
  // newest stack or a variant of it; 0: that is not known, walk. Changes nothing.
  uint32_t noted_value(const Registers& start, const StackBounds& own, SystemCalls calls,
                       uint32_t tag) const;

  uint32_t capacity() const { return capacity_; }
  bool keeps_variants() const { return keeps_variants_; }
  // Whether a stack did not fit. Never in the middle of a walk: nothing can be done then.
  bool wants_room() const {
    return too_deep_sp_ != 0 && busy_sp_.load(std::memory_order_relaxed) == 0;
  }

 private:
  friend class MemoWalk;

  using Word = StackWord;
  // kFpMatters: the step, or one further out, depends on fp.
  enum FrameFlag : uint32_t { kExact = 1, kGuarded = 2, kFpMatters = 4 };
  struct Frame {
    uintptr_t pc;
    uintptr_t sp;
    uintptr_t fp;  // as it was when it last mattered
    uint64_t hash;
    Rule rule;           // of the step to the caller
    uint32_t stored;     // a stored stack that has this frame and all outer ones; 0: none
    uint16_t words_end;  // words_[0, words_end) prove the steps of this frame and all outer ones,
    uint16_t guard;      // but for guarded ones; index of the nearest of these, 0: none
    uint32_t flags;      // FrameFlag

    bool is_exact() const { return (flags & kExact) != 0; }
    bool is_guarded() const { return (flags & kGuarded) != 0; }
    bool fp_matters() const { return (flags & kFpMatters) != 0; }
    // Whether this frame of the stack as it was is also one of the stack as it is.
    bool is_at(const Registers& regs) const {
      return sp == regs.sp && pc == regs.pc && is_exact() == regs.exact &&
             (fp == regs.fp || !fp_matters());
    }
  };
  static_assert(sizeof(Frame) == 48);

  // Where a proven run of frames ends: at the end of the stack, or at a frame from which the walk
  // goes on elsewhere; then it has been stepped.
  struct Run {
    bool to_the_end;
    Frame* last;
    Stepped stepped;
  };
  class SlowSteps;

  // A note of one of the newest stacks, by the stack's hash and the note's tag.
  struct OldNote {
    uint64_t key;  // 0: none
    uint32_t value;
    uint32_t stored;  // as Frame::stored
  };
  static constexpr uint32_t kOldNotes = 64;

  static uint32_t version_for(SystemCalls calls) {
    return loaded_code.version() << 1 | (calls == SystemCalls::kForbidden ? 1 : 0);
  }
  uint32_t noted_of_newest(const Registers& start, const StackBounds& own, uint32_t version,
                           uint32_t tag) const;
  void keep_variant(MemoNote note);
  void forget_notes();
  bool walk(const Registers& start, StackBounds& own, SystemCalls calls);
  bool walk_to_callers(const Registers& start, const StackBounds& own);
  bool walk_changed(const Registers& start, StackBounds& own, SystemCalls calls, uint32_t version);
  bool take_over(uintptr_t sp);
  bool refuse(uintptr_t sp);
  Run follow(Frame* first, SlowSteps& slow);
  template <bool kPlain>
  void link(Frame* place, const Frame* fresh, const Frame* end);
  OldNote& old_note(uint64_t key) { return old_notes_[key >> 58]; }
  static uint64_t key_of(uint64_t hash, uint32_t tag) {
    return hash + tag * uint64_t{0x9e37'79b9'7f4a'7c15};
  }

  // An address that is read through more than once: without this the compiler computes it from its
  // index anew for each member (the size of an element is no power of two).
  template <typename T>
  static void keep_in_register(const T*& pointer) {
    __asm__("" : "+r"(pointer));
  }
  static uintptr_t word_at(uintptr_t address) {
    return *reinterpret_cast<const uintptr_t*>(address);
  }
  static const Word* first_change(const Word* from, const Word* to);

  // Of the walk in progress: where on the stack it started. 0: none.
  std::atomic<uintptr_t> busy_sp_;
  uintptr_t too_deep_sp_;
  std::atomic<uint64_t> ticket_;  // of the newest walk
  uint32_t version_;              // of the loaded code, and whether system calls were allowed
  uint32_t skipped_;
  uint32_t count_;
  uint32_t capacity_;
  uint32_t joined_;  // index of the outermost frame that the newest walk did not make
  bool keeps_variants_;
  MemoNote note_;
  Step end_;
  // Outermost first. The first one is none: it lies above all stacks and begins all hashes.
  Frame frames_[1 + kMaxFrames];
  alignas(4096) OldNote old_notes_[kOldNotes];
  Word words_[2 * kMaxFrames];
  alignas(4096) LeafVariants variants_;
};

constexpr uint64_t StackMemo::touched_bytes(uint32_t frames) {
  const auto pages = [](uint64_t bytes) { return (bytes + 4095) / 4096 * 4096; };
  return pages(offsetof(StackMemo, frames_) + (1 + frames) * sizeof(Frame)) +
         pages(kOldNotes * sizeof(OldNote) + frames * 2 * sizeof(Word));
}

// From the leaf to the root, that is downwards: behind the first word that is not as it was, else
// `to`.
[[gnu::always_inline]] inline const StackWord* StackMemo::first_change(const Word* from,
                                                                       const Word* to) {
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

[[gnu::always_inline]] inline uint32_t StackMemo::noted_of_newest(const Registers& start,
                                                                  const StackBounds& own,
                                                                  uint32_t version,
                                                                  uint32_t tag) const {
  const auto unchanged_from = [&](const Frame& frame) {
    return first_change(words_ + frame.words_end, words_) == words_;
  };
  if (version_ != version) [[unlikely]]
    return 0;
  const Frame& leaf = frames_[count_];
  if (leaf.is_at(start) && note_.tag == tag && leaf.guard == 0 && unchanged_from(leaf))
    return note_.value;
  if (!keeps_variants_) return 0;
  // The first return address is part of a variant's key. Where it lies need not be right, it has to
  // be readable: what is found by the key is compared in full.
  const Rule rule = known_rules.find(start.pc - 1);
  const uintptr_t cfa = (rule.kind() == RuleKind::kRbp ? start.fp : start.sp) + rule.offset();
  if (start.sp < own.low || cfa < start.sp + 8 || cfa > own.high || cfa % 8 != 0) return 0;
  const LeafVariant* at = &variants_.find(start.pc, start.sp, word_at(cfa - 8));
  keep_in_register(at);
  const LeafVariant& variant = *at;
  if (variant.pc != start.pc || variant.sp != start.sp || variant.tag != tag ||
      variant.version != version || (variant.fp != start.fp && variant.fp_matters))
    return 0;
  const Frame* outer_at = frames_ + variant.outer;
  keep_in_register(outer_at);
  const Frame& outer = *outer_at;
  if (variant.outer > count_ || outer.hash != variant.outer_hash ||
      outer.sp - 8 != variant.words[0].at || outer.flags != variant.outer_flags ||
      outer.guard != 0 || (outer.fp != variant.outer_fp && outer.fp_matters()))
    return 0;
  for (const Word* word = variant.words + variant.word_count; word-- != variant.words;) {
    if (word_at(word->at) != word->value) return 0;
  }
  return unchanged_from(outer) ? variant.value : 0;
}

// Nothing is written, so no walk has to be told of it: a handler that walks meanwhile takes a
// ticket, and one on top of a walk finds it busy.
[[gnu::always_inline]] inline uint32_t StackMemo::noted_value(const Registers& start,
                                                              const StackBounds& own,
                                                              SystemCalls calls,
                                                              uint32_t tag) const {
  if (start.exact || busy_sp_.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return 0;
  const uint64_t ticket = ticket_.load(std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const uint32_t value = noted_of_newest(start, own, version_for(calls), tag);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return ticket_.load(std::memory_order_relaxed) == ticket ? value : 0;
}

}  // namespace dbgtrace::hooks::stack
