// SPDX-License-Identifier: Apache-2.0
// Address -> slot of the live table. The index is private memory, the block itself lies in the
// mapped file: a forked child inherits the index as its own copy
// (docs/decisions/0005-private-index-of-live-samples.md). A word holds a part of the address and
// the slot, whose entry has the whole address and decides.
//
//   word  0 empty   else  tag << 20 | slot + 1
//
// Sixteen words are a cache line, and a line is the home of 512 bytes of addresses, eight lines in
// a row of a page: blocks that lie side by side, as they do when a program allocates them one after
// the other, are found side by side. A block that finds its line full goes to the same line of the
// next row, and so on; the line that it passes counts it, so that a search knows when to stop and
// a removed word is simply empty again.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include "hooks/alloc/index_line.hpp"
#include "hooks/alloc/live_slots.hpp"
#include "ring/counting.hpp"

namespace dbgtrace::hooks::alloc {

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never (the memory comes from its
// owner, zeroed).
class LiveIndex {
 public:
  static constexpr uint32_t kMaxSlots = (1u << 20) - 1;

  // Words for so many slots: a power of two.
  static uint32_t words_for(uint32_t slots);
  // What start() needs.
  static uint64_t bytes_for(uint32_t slots);

  constexpr LiveIndex() = default;

  void start(void* memory, uint32_t slots);
  // Holds nothing any more. Returns the memory that start() was given, into which nobody may look
  // any more.
  void* stop();
  // The same where a thread may stand in it: what there is stays, also when start() is given new
  // memory.
  void retire() { retired_ = true; }
  bool started() const { return words_ != nullptr && !retired_; }
  uint32_t slots() const { return slots_; }

  // In a forked child: whatever is here was the parent's.
  void inherit() { has_inherited_ = true; }

  struct Found {
    uint32_t at;          // kNoSlot: not there
    uint32_t slot;        // kNoSlot: a block of the parent's, very likely (its address is not kept)
    uint32_t word = 0;    // what stood there
    bool passed = false;  // it did not find room in its own line
  };
  Found find(uintptr_t address, const LiveSlots& live) const;
  // find() in two steps, with something else to do while memory brings what the second one needs.
  struct Guess {
    Found found;       // to be confirmed
    bool may_be_here;  // false: find() will find no block of ours
  };
  Guess guess(uintptr_t address, const LiveSlots& live) const;
  Found confirm(const Guess& guess, uintptr_t address, const LiveSlots& live) const {
    const bool right = live.address_at(guess.found.slot) == address;
    return right && !has_inherited_ ? guess.found : find(address, live);
  }
  // Before an insert() that comes soon.
  void fetch(uintptr_t address) const {
    if (words_ != nullptr)
      __builtin_prefetch(words_ + (home_of(address).line & line_mask_) * kLineWords, 1);
  }

  // Not done: no room among the lines that are looked at.
  // stale: an entry of the same address, left as it is; nothing was inserted then.
  struct Inserted {
    bool done;
    Found stale;
  };
  Inserted insert(uintptr_t address, uint32_t slot, const LiveSlots& live, ring::Threads threads);

  // Empties the word that find() returned; false if another thread did.
  bool remove(Found found, uintptr_t address, ring::Threads threads);

 private:
  static constexpr uint32_t kLineWords = 16;
  static constexpr uint32_t kRowLines = 8;
  static constexpr uint32_t kMaxLines = 64;
  static constexpr uint32_t kSlotBits = 20;
  static constexpr uint8_t kStuck = 255;  // a full count stays: the search goes on in vain

  struct Home {
    uint32_t line;  // not yet within the table
    uint32_t tag;   // in its place in the word
  };
  static Home home_of(uintptr_t address) {
    const uint64_t hash = (address >> 12) * uint64_t{0x9e3779b97f4a7c15};
    const auto row = static_cast<uint32_t>(hash >> 32);
    // Large blocks all begin at the same place of their pages: the hash spreads these.
    const uint32_t line =
        (row & ~(kRowLines - 1)) | ((static_cast<uint32_t>(address >> 9) ^ row) & (kRowLines - 1));
    const uint32_t tag =
        (static_cast<uint32_t>(address >> 3) & 63) | (static_cast<uint32_t>(hash >> 26) & 63) << 6;
    return {line, tag << kSlotBits};
  }
  static uint32_t word_of(const Home& home, uint32_t slot) { return home.tag | (slot + 1); }
  // The same column of the next row; behind the last row, of the first one, a column further.
  uint32_t next_line(uint32_t line) const {
    line += kRowLines;
    return line <= line_mask_ ? line : (line + 1) & line_mask_;
  }
  bool is_own(uint32_t slot, const Home& home, const LiveSlots& live) const;
  bool look_in(uint32_t line, uintptr_t address, const Home& home, const LiveSlots& live,
               Found& found) const;
  bool take_word(uint32_t line, const Home& home, uint32_t slot, ring::Threads threads);
  Found find_beyond(uint32_t line, uintptr_t address, const Home& home, const LiveSlots& live,
                    Found found) const;
  Inserted insert_beyond(uintptr_t address, uint32_t slot, const LiveSlots& live,
                         ring::Threads threads);
  void uncount_on_the_way(const Home& home, uint32_t last, ring::Threads threads);
  void count_passing(uint32_t line, ring::Threads threads);
  void uncount_passing(uint32_t line, ring::Threads threads);

  std::atomic<uint32_t>* words_ = nullptr;
  std::atomic<uint8_t>* passed_ = nullptr;  // blocks that went on because a line was full
  uint32_t line_mask_ = 0;
  uint32_t slots_ = 0;
  bool has_inherited_ = false;
  bool retired_ = false;
};

// True: found is the block of that address. Else it is what may be an inherited one.
inline bool LiveIndex::look_in(uint32_t line, uintptr_t address, const Home& home,
                               const LiveSlots& live, Found& found) const {
  const std::atomic<uint32_t>* words = words_ + line * kLineWords;
  for (uint32_t left = words_with_tag(words, home.tag); left != 0; left &= left - 1) {
    const auto i = static_cast<uint32_t>(std::countr_zero(left));
    const uint32_t word = words[i].load(std::memory_order_relaxed);
    const uint32_t slot = (word & kMaxSlots) - 1;  // of an empty word: one that is never taken
    if (live.address_at(slot) == address) [[likely]] {
      found = {line * kLineWords + i, slot, word};
      return true;
    }
    if (has_inherited_ && word != 0 && found.at == kNoSlot && !is_own(slot, home, live))
      found = {line * kLineWords + i, kNoSlot, word};
  }
  return false;
}

[[gnu::always_inline]] inline LiveIndex::Guess LiveIndex::guess(uintptr_t address,
                                                                const LiveSlots& live) const {
  Guess guess{{kNoSlot, kNoSlot}, false};
  if (words_ == nullptr) return guess;
  if (has_inherited_) {  // what is inherited has no entry to wait for
    guess.found = find(address, live);
    guess.may_be_here = guess.found.slot != kNoSlot;
    return guess;
  }
  const Home home = home_of(address);
  const uint32_t line = home.line & line_mask_;
  const std::atomic<uint32_t>* words = words_ + line * kLineWords;
  const uint32_t with_tag = words_with_tag(words, home.tag);
  if (with_tag == 0) {
    guess.may_be_here = passed_[line].load(std::memory_order_relaxed) != 0;
    return guess;
  }
  const auto i = static_cast<uint32_t>(std::countr_zero(with_tag));
  const uint32_t word = words[i].load(std::memory_order_relaxed);
  const uint32_t slot = (word & kMaxSlots) - 1;
  live.fetch(slot);
  return {{line * kLineWords + i, slot, word}, true};
}

inline LiveIndex::Found LiveIndex::find(uintptr_t address, const LiveSlots& live) const {
  Found found{kNoSlot, kNoSlot};
  if (words_ == nullptr) return found;
  const Home home = home_of(address);
  const uint32_t line = home.line & line_mask_;
  if (look_in(line, address, home, live, found)) [[likely]]
    return found;
  return find_beyond(line, address, home, live, found);
}

inline bool LiveIndex::take_word(uint32_t line, const Home& home, uint32_t slot,
                                 ring::Threads threads) {
  std::atomic<uint32_t>* words = words_ + line * kLineWords;
  for (uint32_t left = empty_words(words); left != 0; left &= left - 1) {
    uint32_t empty = 0;
    if (ring::replace(words[std::countr_zero(left)], empty, word_of(home, slot), threads))
      return true;
  }
  return false;
}

inline LiveIndex::Inserted LiveIndex::insert(uintptr_t address, uint32_t slot,
                                             const LiveSlots& live, ring::Threads threads) {
  const Home home = home_of(address);
  const uint32_t line = home.line & line_mask_;
  Found stale{kNoSlot, kNoSlot};
  if (look_in(line, address, home, live, stale)) [[unlikely]]
    return {false, stale};
  if (stale.at == kNoSlot && passed_[line].load(std::memory_order_relaxed) == 0 &&
      take_word(line, home, slot, threads)) [[likely]]
    return {true, stale};
  return insert_beyond(address, slot, live, threads);
}

inline bool LiveIndex::remove(Found found, uintptr_t address, ring::Threads threads) {
  if (found.word == 0) return false;
  uint32_t word = found.word;
  if (!ring::replace(words_[found.at], word, 0u, threads)) return false;
  if (found.passed) [[unlikely]]
    uncount_on_the_way(home_of(address), found.at / kLineWords, threads);
  return true;
}

}  // namespace dbgtrace::hooks::alloc
