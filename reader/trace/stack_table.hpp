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
  StackTable() : references_(1, 0), known_whole_(1, 0) {}

  size_t size() const { return references_.size(); }
  bool has_frames(size_t index) const { return references_[index] != 0; }
  // Put together anew each time. Not before keep().
  Stack operator[](size_t index) const;

  struct Added {
    uint32_t index;             // 0 where no frame could be read
    ring::ExpandedStack found;  // what was read, and what was wrong with it
  };
  // The stack with this reference in the section of stacks, which is the same each time.
  Added add(std::span<const std::byte> arena, uint32_t reference);
  // Copies the section as far as the stacks that were added need it.
  void keep(std::span<const std::byte> arena);
  // One that is in no file; not together with add(). At most ring::kMaxFrames frames.
  uint32_t add(const Stack& stack);

 private:
  std::vector<uint32_t> references_;  // by index
  std::vector<std::byte> arena_;      // up to the end of the last stack
  size_t end_ = 0;                    // of that stack, in words
  // See ring::expand_stack. Complete once a stack was added: nothing is noted when it is read.
  mutable std::vector<uint64_t> known_whole_;
  std::vector<uint64_t> known_sound_;  // see ring::check_stack; while stacks are added
};

}  // namespace dbgtrace::reader::trace
