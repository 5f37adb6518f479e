// SPDX-License-Identifier: Apache-2.0
// DBGTRACE_CHILDREN=fork or none: takes this library out of LD_PRELOAD in the process's own
// environment, which is what exec, posix_spawn, system and popen hand on
// (docs/decisions/0007-children-by-environment.md).
#pragma once

#include "hooks/process/options.hpp"

namespace dbgtrace::hooks::process {

// Edits the environment's strings in place. Thread-safety: before threads start. Signal-safety:
// yes. Allocates: never.
void apply_child_policy(Children policy, const char* const* environment);

}  // namespace dbgtrace::hooks::process
