// SPDX-License-Identifier: Apache-2.0
// The kernel's numbers in words: signals (signal_name.hpp), why they came, system calls.
#pragma once

#include <cstdint>
#include <string>

#include "reader/analysis/signal_name.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

std::string signal_code_name(int signal, int code);  // "SEGV_MAPERR", "SI_USER"; "code 77"
// "openat"; "system call 1000" if the number is none that is known.
std::string system_call_name(ring::Arch arch, uint64_t number);

// Sent by a process (kill, raise, sigqueue), not caused by what the thread did.
bool was_sent(int code);

}  // namespace dbgtrace::reader::analysis
