// SPDX-License-Identifier: Apache-2.0
// Which requests become samples: the countdown of each thread, the interval from which it is drawn,
// the change between "every allocation" and samples, and the budget that the interval keeps to.
// take_hit() is declared in tracker.hpp, where the shims find it.
#pragma once

#include <cstdint>

#include "hooks/alloc/budget.hpp"
#include "hooks/alloc/interval.hpp"

namespace dbgtrace::hooks::alloc {

// kExact: every allocation is counted and its block followed. kCounting: every one is counted, but
// only sampled blocks are followed, since there are too many. In both every request comes here.
enum class Mode : uint32_t { kSampled, kExact, kCounting };

extern constinit Interval g_interval;
extern constinit std::atomic<Mode> g_mode;
extern constinit Budget g_budget;

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.

// A recording has begun, and g_interval with it.
void start_sampling(bool every_allocation);
// There is none any more that wants every allocation.
void stop_counting();

// To be called at samples: measures what the recorder costs when it is time to, and changes the
// interval. Makes a system call then.
void judge_cost(uint64_t now_us);
inline void keep_to_budget(uint64_t now_us) {
  if (g_budget.is_due(now_us)) [[unlikely]]
    judge_cost(now_us);
}

// Whether every block is followed now.
inline bool follows_all() {
  return g_mode.load(std::memory_order_relaxed) != Mode::kSampled && g_interval.bytes() == 1;
}

}  // namespace dbgtrace::hooks::alloc
