// SPDX-License-Identifier: Apache-2.0
// A call stack as it was recorded, by the sampler or by the crash handler.
#pragma once

#include <cstdint>
#include <vector>

namespace dbgtrace::reader::trace {

inline constexpr uint32_t kNoFrame = UINT32_MAX;

struct Stack {
  std::vector<uint64_t> pcs;  // innermost first, return addresses
  uint64_t time_us = 0;       // decides which module an address belongs to
  uint32_t omitted_frames = 0;
  bool truncated = false;
  bool exact_leaf = false;          // pcs[0] is an interrupted instruction, not a return address
  uint32_t interrupted = kNoFrame;  // a frame that a signal interrupted: its pc is exact as well
};

}  // namespace dbgtrace::reader::trace
