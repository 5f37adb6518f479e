// SPDX-License-Identifier: Apache-2.0
// The call stacks of a recording, kept as the file keeps them: each as what differs from another
// one. A hundred thousand of them, hundreds of frames deep, take as much memory as in the file; a
// report puts together the few that it shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "reader/trace/stack.hpp"
#include "ring/ledger_view.hpp"

namespace dbgtrace::reader::trace {

class StackTable {
 public:
  // Stack 0 is the empty one.
  StackTable() : references_(1, 0), words_(1, 0), known_whole_(1, 0) {}

  size_t size() const { return references_.size(); }
  bool has_frames(size_t index) const { return references_[index] != 0; }
  // Put together anew each time.
  Stack operator[](size_t index) const;

  struct Added {
    uint32_t index;             // 0 where no frame could be read
    ring::ExpandedStack found;  // what was read, and what was wrong with it
  };
  // The stack with this reference in the section of stacks, which is the same each time.
  Added add(std::span<const std::byte> arena, uint32_t reference);
  // One that is in no file; not together with add(). At most ring::kMaxFrames frames.
  uint32_t add(const Stack& stack);

 private:
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words_)); }

  std::vector<uint32_t> references_;  // by index
  std::vector<uint64_t> words_;       // the arena, up to the end of the last stack
  // See ring::expand_stack. Complete once a stack was added: nothing is noted when it is read.
  mutable std::vector<uint64_t> known_whole_;
};

}  // namespace dbgtrace::reader::trace
