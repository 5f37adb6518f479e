// SPDX-License-Identifier: Apache-2.0
// What the memory cgroup says: limits, use, and how often it killed. Taken once when a recording
// starts and once at a crash, so that a reader sees what rose in between.
#pragma once

#include <span>

#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::crash {

// A line for each value, as in docs/file-format.md; empty if there is no such group.
// Both: Thread-safety: one thread at a time. Signal-safety: yes. Allocates: never.

// The groups: the process's own and, if that has no limit, the nearest one above that has.
void read_cgroup_memory(os::Text& text);
// Only what says later whether it was killed, since every process pays for it: how often the
// process's own group met its limit, and the limit, its own or of the nearest group above.
void read_cgroup_at_start(os::Text& text);

}  // namespace dbgtrace::hooks::crash
