// SPDX-License-Identifier: Apache-2.0
// Where the crashing thread stood: its call stack, and the modules that it goes through.
#pragma once

#include "hooks/crash/scene.hpp"
#include "hooks/stack/walk.hpp"

namespace dbgtrace::hooks::crash {

// Step of the record. Signal-safety: yes. Allocates: never.
void keep_stack(Scene& scene);

// The head of a kStack part. exact: the first pc is an instruction that is still to be run.
ring::CrashStack describe(const stack::WalkResult& walked, bool exact, bool from_call_site);

// Whether the instruction at pc could not be fetched: the program jumped to what is no code.
bool is_failed_fetch(int signal, const siginfo_t& info, uintptr_t pc);

}  // namespace dbgtrace::hooks::crash
