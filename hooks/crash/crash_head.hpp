// SPDX-License-Identifier: Apache-2.0
// The first and most valuable step: what the kernel said and where execution stood. Stores into the
// mapping only.
#pragma once

#include "hooks/crash/scene.hpp"

namespace dbgtrace::hooks::crash {

// Step of the record. Signal-safety: yes. Allocates: never. No system call where they are
// forbidden.
void keep_head(Scene& scene);

// si_addr, if this signal has one. SIGSYS counts: the address of the call.
bool find_fault_address(int signal, const siginfo_t& info, uintptr_t& address);

}  // namespace dbgtrace::hooks::crash
