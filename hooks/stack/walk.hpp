// SPDX-License-Identifier: Apache-2.0
// Walks a stack, one rule a frame: a few ns each once the rules are known. Of a deep stack the
// frames next to the leaf and next to the root are kept, since those tell what happened and to
// whom. It never faults, never allocates, never locks, and may run in a signal handler.
#pragma once

#include <cstdint>
#include <span>

#include "hooks/stack/registers.hpp"
#include "hooks/stack/rule.hpp"
#include "hooks/stack/stack_bounds.hpp"
#include "hooks/stack/system_calls.hpp"

namespace dbgtrace::hooks::stack {

inline constexpr uint32_t kMaxWalkedFrames = 4096;
inline constexpr uint32_t kLeafFrames = 512;
inline constexpr uint32_t kRootFrames = 128;
inline constexpr uint32_t kMaxStoredFrames = kLeafFrames + kRootFrames;

struct WalkResult {
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t count = 0;       // frames stored, leaf first
  uint32_t omitted = 0;     // frames walked, but not stored: they lie behind the first leaf_count
  uint32_t leaf_count = 0;  // where the gap is, if there is one
  uint32_t interrupted = kNone;  // index of the frame that a signal interrupted: its pc is exact
  Step end = Step::kOutermost;   // why it ended; kFrame: the depth limit
  bool truncated = false;        // frames are missing: omitted, or beyond the depth limit

  bool reached_root() const { return end == Step::kOutermost; }
};

// `out` of kMaxStoredFrames holds all that is kept; a smaller one is shared out in proportion.
// `own` is the calling thread's (see StackBounds); `start` must describe the calling thread.
// Thread-safety: yes. Signal-safety: yes. Allocates: never.
WalkResult walk(const Registers& start, std::span<uintptr_t> out, StackBounds& own,
                SystemCalls calls);

}  // namespace dbgtrace::hooks::stack
