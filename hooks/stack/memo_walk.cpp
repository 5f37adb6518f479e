// SPDX-License-Identifier: Apache-2.0
// Notes are kept by the memo, and made by its walks: both sides of them are here.
#include "hooks/stack/memo_walk.hpp"

#include <algorithm>
#include <cstring>

namespace dbgtrace::hooks::stack {

void StackMemo::forget_notes() {
  for (OldNote& note : old_notes_) note.key = 0;
  if (!keeps_variants_) return;
  for (LeafVariant& variant : variants_.variants) variant.pc = 0;
}

// Of the stack that was just walked.
void StackMemo::keep_variant(MemoNote note) {
  const Frame& leaf = frames_[count_];
  if (joined_ == 0 || joined_ >= count_ || leaf.guard != 0 || leaf.is_exact()) return;
  const Frame& outer = frames_[joined_];
  const uint32_t words = leaf.words_end - outer.words_end;
  if (words > LeafVariant::kMaxWords || outer.is_exact()) return;
  // Half changed by a handler that takes the memo, or by a walk that it jumps out of: none.
  const uintptr_t caller = frames_[count_ - 1].pc;
  LeafVariant& variant =
      variants_.place(leaf.pc, leaf.sp, caller, ticket_.load(std::memory_order_relaxed));
  variant.pc = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  variant.sp = leaf.sp;
  variant.fp = leaf.fp;
  variant.outer_hash = outer.hash;
  variant.outer_fp = outer.fp;
  variant.outer_flags = outer.flags;
  variant.tag = note.tag;
  variant.value = note.value;
  variant.version = version_;
  variant.outer = static_cast<uint16_t>(joined_);
  variant.word_count = static_cast<uint8_t>(words);
  variant.fp_matters = leaf.fp_matters();
  variant.caller = static_cast<uint32_t>(caller);
  std::memcpy(variant.words, words_ + outer.words_end, words * sizeof(Word));
  std::atomic_signal_fence(std::memory_order_seq_cst);
  variant.pc = leaf.pc;
}

MemoNote MemoWalk::old_note_with(uint32_t tag) {
  const uint64_t key = StackMemo::key_of(hash(), tag);
  const StackMemo::OldNote& old = memo_.old_note(key);
  if (old.key != key) return {};
  set_stored(old.stored);
  const MemoNote note{tag, old.value};
  memo_.note_ = note;
  if (memo_.keeps_variants_ && intact()) {
    memo_.keep_variant(note);
    if (!intact()) memo_.forget_notes();
  }
  return note;
}

// The key goes last: a handler that takes the memo finds a whole note or none.
void MemoWalk::remember(MemoNote note, uint32_t stored) {
  memo_.note_ = note;
  set_stored(stored);
  const uint64_t key = StackMemo::key_of(hash(), note.tag);
  StackMemo::OldNote& place = memo_.old_note(key);
  place.key = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  place.value = note.value;
  place.stored = stored;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  place.key = key;
  if (memo_.keeps_variants_) memo_.keep_variant(note);
  if (!intact()) memo_.forget_notes();
}

void MemoWalk::copy_pcs(std::span<uintptr_t> out) const {
  const uint32_t count = std::min<uint32_t>(memo_.count_, static_cast<uint32_t>(out.size()));
  for (uint32_t i = 0; i < count; ++i) out[i] = memo_.frames_[memo_.count_ - i].pc;
}

MemoParent MemoWalk::next_parent(MemoParent refused) const {
  for (uint32_t frames = std::min(refused.frames, count() + 1) - 1; frames != 0; --frames) {
    const uint32_t stored = memo_.frames_[frames].stored;
    if (stored != 0 && stored != refused.reference) return {stored, frames};
  }
  return {0, 0};
}

}  // namespace dbgtrace::hooks::stack
