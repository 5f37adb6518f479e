// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/stack_table.hpp"

#include <algorithm>
#include <cstddef>

namespace dbgtrace::reader::trace {
namespace {

constexpr size_t kHeadWords = sizeof(ring::Stack) / 8;

}  // namespace

Stack StackTable::operator[](size_t index) const {
  Stack stack;
  if (!has_frames(index)) return stack;
  uint64_t pcs[ring::kMaxFrames];
  const ring::ExpandedStack found =
      ring::expand_stack(arena_, references_[index], pcs, known_whole_);
  stack.pcs.assign(pcs, pcs + found.frame_count);
  stack.time_us = found.head.time_us;
  stack.omitted_frames = found.head.omitted_frames;
  stack.truncated =
      (found.head.flags & ring::kStackTruncated) != 0 || found.state == ring::EntryState::kDamaged;
  stack.exact_leaf = (found.head.flags & ring::kStackExactLeaf) != 0;
  return stack;
}

StackTable::Added StackTable::add(std::span<const std::byte> arena, uint32_t reference) {
  known_whole_.resize(std::max(known_whole_.size(), arena.size() / 8 / 64 + 1));
  known_sound_.resize(known_whole_.size());
  const ring::SoundStack checked = ring::check_stack(arena, reference, known_whole_, known_sound_);
  ring::ExpandedStack found;
  if (checked.sound) {
    found.state = ring::EntryState::kWhole;
    found.head = checked.head;
    found.frame_count = uint32_t{checked.head.new_frames} + checked.head.kept_frames;
    found.words_read = checked.words_read;
  } else {
    uint64_t pcs[ring::kMaxFrames];
    found = ring::expand_stack(arena, reference, pcs, known_whole_);
  }
  if (found.frame_count == 0) return {0, found};
  // Parents lie before their children.
  end_ = std::max<size_t>(end_, reference + kHeadWords + found.head.new_frames);
  references_.push_back(reference);
  return {static_cast<uint32_t>(references_.size() - 1), found};
}

void StackTable::keep(std::span<const std::byte> arena) {
  const size_t end_bytes = std::min(arena.size(), end_ * 8);
  arena_.assign(arena.begin(), arena.begin() + static_cast<std::ptrdiff_t>(end_bytes));
  known_sound_ = {};
}

uint32_t StackTable::add(const Stack& stack) {
  ring::Stack head{};
  head.checksum = 1;  // known to be whole
  head.new_frames = static_cast<uint16_t>(std::min<size_t>(stack.pcs.size(), ring::kMaxFrames));
  head.flags = static_cast<uint8_t>((stack.truncated ? ring::kStackTruncated : 0) |
                                    (stack.exact_leaf ? ring::kStackExactLeaf : 0));
  head.omitted_frames = static_cast<uint16_t>(stack.omitted_frames);
  head.time_us = stack.time_us;
  arena_.resize(std::max<size_t>(arena_.size(), 8));  // no stack has reference 0
  const size_t at = arena_.size() / 8;
  const auto bytes_of_head = std::as_bytes(std::span(&head, 1));
  const auto bytes_of_frames = std::as_bytes(std::span(stack.pcs).first(head.new_frames));
  arena_.insert(arena_.end(), bytes_of_head.begin(), bytes_of_head.end());
  arena_.insert(arena_.end(), bytes_of_frames.begin(), bytes_of_frames.end());
  known_whole_.resize(arena_.size() / 8 / 64 + 1);
  known_whole_[at / 64] |= uint64_t{1} << (at % 64);
  references_.push_back(head.new_frames != 0 ? static_cast<uint32_t>(at) : 0);
  return static_cast<uint32_t>(references_.size() - 1);
}

}  // namespace dbgtrace::reader::trace
