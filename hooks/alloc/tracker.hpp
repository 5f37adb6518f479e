// SPDX-License-Identifier: Apache-2.0
// The allocation recorder: decides on the slow path whether an allocation is sampled and follows
// sampled blocks to their end. The shims in preload/ hold the fast path; what they can't decide
// with one comparison comes here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hooks/alloc/free_filter.hpp"
#include "hooks/alloc/thread_state.hpp"

namespace dbgtrace::hooks::alloc {

// The caller of a shim: the frame of the function that the shim jumped to.
using Frame = const void*;

// Whether this request of size bytes is a sample; if so the weight it stands for. Called when size
// >= countdown; takes the request off the countdown or draws a new one. Thread-safety: yes.
// Signal-safety: yes. Allocates: never.
struct Hit {
  bool sampled;            // the block is followed
  uint16_t weight;         // what it stands for
  bool counted = false;    // part of the totals, followed or not: every allocation is
  bool is_growth = false;  // of a block that was counted when it was allocated
};
Hit take_hit(uint64_t size_bytes);

// A block was allocated whose request was hit, or is counted.
void record_block(void* block, uint64_t size_bytes, const Hit& hit, Frame frame);
// The same where every block is followed.
void record_exactly(void* block, uint64_t size_bytes, Frame frame);

// A block that may be in the live table is about to be freed.
void record_free(void* block, Frame frame);

// A realloc of a block that may be sampled, or whose growth was hit, around the real call.
class Resize {
 public:
  // block: never null. old_usable_bytes: what the allocator says of it.
  Resize(void* block, uint64_t new_bytes, uint64_t old_usable_bytes);
  // result: of the real realloc. failed: it left the old block as it was.
  void finish(void* result, bool failed, Frame frame);

 private:
  void finish_unknown(void* result, Frame frame) const;

  void* block_;
  uint64_t new_bytes_;
  uint64_t growth_bytes_ = 0;
  Hit hit_{false, 0};
  uint32_t slot_;  // of the detached entry, kNoSlot: the block was not sampled
};

void record_mapping(void* start, uint64_t size_bytes, uint16_t weight, Frame frame);
void record_unmapping(void* start, uint64_t size_bytes, Frame frame);
// The weight of a sampled mapping, 0 if start is not one.
uint16_t mapping_weight(void* start);

// Reads the options and gets everything ready, as far as libc is already; any number of times.
void start_recorder();

}  // namespace dbgtrace::hooks::alloc
