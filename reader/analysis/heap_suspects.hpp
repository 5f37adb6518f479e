// SPDX-License-Identifier: Apache-2.0
// What the recording knows of a block that the allocator stumbled over: the one that free() or
// realloc() was just given, and the one next to it, whose end somebody wrote past.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reader/trace/trace.hpp"

namespace dbgtrace::reader::analysis {

inline constexpr uint64_t kChunkHeaderBytes = 16;
// Between the end of a block and the start of its neighbour lie the header and what the size was
// rounded up by.
inline constexpr uint64_t kMostBetweenNeighbours = 48;

// The words in the frames of the function that the program called and of the two within: the
// pointer that it was given is among them. Sorted. None if the stack's bytes were not kept, or the
// fault lies in the program's own code.
std::optional<std::vector<uint64_t>> words_of_library_call(const trace::Trace& trace);

// The free that took a block out of the recording is the call that crashed: to the program the
// block is live until free() returns. thread: that freed it, 0: unknown.
// It did so at most longest_us before the crash.
bool is_running_free(const trace::Trace& trace, uint64_t free_us, uint32_t free_stack,
                     uint32_t thread, uint64_t longest_us);

// The live block that the crashed call of free() or realloc() was given. None if it was given
// something else, or a block that is not in the recording.
std::optional<trace::HeapPointer> block_given(const trace::Trace& trace,
                                              const std::optional<std::vector<uint64_t>>& words);

// The live block with the highest address of those that begin in [low, high); its value is high.
std::optional<trace::HeapPointer> last_block(const trace::Trace& trace, uint64_t low,
                                             uint64_t high);

}  // namespace dbgtrace::reader::analysis
