// SPDX-License-Identifier: Apache-2.0
// Which requests become samples: the countdown of each thread, the interval from which it is drawn,
// the change between "every allocation" and samples, and the budget that the interval keeps to.
// take_hit() is declared in tracker.hpp, where the shims find it.
#pragma once

#include <cstdint>

#include "hooks/alloc/interval.hpp"

namespace dbgtrace::hooks::alloc {

extern constinit Interval g_interval;

// Thread-safety: yes, lock-free. Signal-safety: yes. Allocates: never.

// A recording has begun, and g_interval with it.
void start_sampling(bool every_allocation);
// There is none any more that wants every allocation.
void stop_counting();

// To be called at samples: measures what the recorder costs when it is time to, and changes the
// interval. Makes a system call then.
void keep_to_budget(uint64_t now_us);

}  // namespace dbgtrace::hooks::alloc
