// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/stack_table.hpp"

#include <algorithm>
#include <cstring>

namespace dbgtrace::reader::trace {
namespace {

constexpr size_t kHeadWords = sizeof(ring::Stack) / 8;

}  // namespace

Stack StackTable::operator[](size_t index) const {
  Stack stack;
  if (!has_frames(index)) return stack;
  uint64_t pcs[ring::kMaxFrames];
  const ring::ExpandedStack found =
      ring::expand_stack(bytes(), references_[index], pcs, known_whole_);
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
  uint64_t pcs[ring::kMaxFrames];
  const ring::ExpandedStack found = ring::expand_stack(arena, reference, pcs, known_whole_);
  if (found.frame_count == 0) return {0, found};
  // Parents lie before their children.
  const size_t end = std::min(arena.size() / 8, reference + kHeadWords + found.head.new_frames);
  if (const size_t begin = words_.size(); end > begin) {
    words_.resize(end);
    std::memcpy(words_.data() + begin, arena.data() + begin * 8, (end - begin) * 8);
  }
  references_.push_back(reference);
  return {static_cast<uint32_t>(references_.size() - 1), found};
}

uint32_t StackTable::add(const Stack& stack) {
  ring::Stack head{};
  head.checksum = 1;  // known to be whole
  head.new_frames = static_cast<uint16_t>(std::min<size_t>(stack.pcs.size(), ring::kMaxFrames));
  head.flags = static_cast<uint8_t>((stack.truncated ? ring::kStackTruncated : 0) |
                                    (stack.exact_leaf ? ring::kStackExactLeaf : 0));
  head.omitted_frames = static_cast<uint16_t>(stack.omitted_frames);
  head.time_us = stack.time_us;
  const size_t at = words_.size();
  words_.resize(at + kHeadWords + head.new_frames);
  std::memcpy(words_.data() + at, &head, sizeof(head));
  std::copy_n(stack.pcs.begin(), head.new_frames, words_.data() + at + kHeadWords);
  known_whole_.resize(words_.size() / 64 + 1);
  known_whole_[at / 64] |= uint64_t{1} << (at % 64);
  references_.push_back(head.new_frames != 0 ? static_cast<uint32_t>(at) : 0);
  return static_cast<uint32_t>(references_.size() - 1);
}

}  // namespace dbgtrace::reader::trace
