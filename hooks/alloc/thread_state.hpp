// SPDX-License-Identifier: Apache-2.0
// All that a thread keeps: plain data in initial-exec TLS, zero at first, no constructor and no
// destructor (one with a destructor would re-enter malloc). The countdown stands first: the hot
// path touches nothing else.
#pragma once

#include <cstdint>

#include "hooks/alloc/byte_sampler.hpp"
#include "hooks/stack/memo.hpp"
#include "hooks/stack/stack_bounds.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::hooks::alloc {

static_assert(ring::kThreadMask <= 0xffff);

struct ThreadState {
  uint64_t countdown;  // bytes to the next hit: n bytes pass while n < countdown. 0: not seeded, or
                       // exact
  uint64_t interval_bytes;  // with which the countdown was drawn; 0: not seeded
  uint64_t follow_left;  // the same countdown where every allocation is counted (Mode::kCounting)
  Random random;
  stack::StackBounds bounds;
  stack::StackMemo* memo;  // see thread_memo.hpp; null: none, for the walks_without_memo-th time
  uint32_t walks_without_memo;
  uint32_t memo_recording;  // the recording that the memo is for
  uint16_t thread;          // index in the recording's thread table
  uint16_t cost_turn;       // see own_cost.hpp
  uint32_t recording;       // the recording that thread belongs to: a forked child numbers anew
  uint64_t last_sample;     // address of the newest sampled block: freed next, it was temporary
};
static_assert(sizeof(ThreadState) <= 88);  // of 128 for all of the library

// Named for the assembly of fast_path.hpp.
extern thread_local constinit ThreadState t_state __asm__("dbgtrace_thread_state")
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

}  // namespace dbgtrace::hooks::alloc
