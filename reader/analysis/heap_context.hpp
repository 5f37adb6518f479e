// SPDX-License-Identifier: Apache-2.0
// What the heap has to do with a crash: the block that the fault address belongs to, with both its
// stacks, and the blocks that registers and stack pointed to. What is not known is said: of a
// sampled recording most blocks are not.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reader/analysis/crash_class.hpp"

namespace dbgtrace::reader::analysis {

enum class BlockPlace { kInside, kBehind, kBefore };

struct ThreadName {
  uint32_t tid = 0;  // 0: unknown
  std::string name;
};

struct BlockUse {
  trace::HeapPointer pointer;
  BlockPlace place = BlockPlace::kInside;
  uint64_t distance = 0;  // bytes into it, behind its end or before its start
  double age_s = 0;       // since birth, at the crash
  double freed_ago_s = 0;
  ResolvedStack birth, death;  // empty if unknown
  ThreadName birth_thread, death_thread;
};

struct HeapContext {
  std::optional<BlockUse> block;  // that the crash is about
  // That something was probably written past the end of; may be the same one.
  std::optional<BlockUse> overrun;
  std::vector<BlockUse> reached;  // others, each block once, registers before stack words
  size_t left_out = 0;            // more of them
  // The C library's own chunk around the fault address.
  std::optional<ring::MallocChunk> chunk;
  bool exact = false;      // every allocation was recorded: no block means there was none
  bool was_exact = false;  // up to the time when the table of live blocks was full
  uint64_t interval_bytes = 0;
};

// The block that the address lies in or next to.
BlockUse describe_block(const trace::Trace& trace, const trace::HeapPointer& pointer,
                        const Resolver& resolver);

// The block that the verdict rests on, else that of the fault address is taken.
HeapContext heap_context(const trace::Trace& trace, const CrashScene& scene,
                         const CrashVerdict& verdict, const Resolver& resolver);

// With the name that the thread had when it was last seen.
ThreadName thread_at(const trace::Trace& trace, uint32_t index);

}  // namespace dbgtrace::reader::analysis
