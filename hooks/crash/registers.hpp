// SPDX-License-Identifier: Apache-2.0
// The machine's state at a fault, from the context that the kernel hands to a handler, in the order
// of the format (ring/crash_layout.hpp).
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

// All pure reads of the context. Thread-safety: yes. Signal-safety: yes. Allocates: never.

// Returns their number. Called in the thread whose context it is: its thread pointer goes along.
uint32_t copy_registers(const ucontext_t& context, uint64_t (&registers)[ring::kMaxRegisters]);

uint64_t program_counter(const ucontext_t& context);
uint64_t stack_pointer(const ucontext_t& context);
uint64_t trap_number(const ucontext_t& context);
uint64_t error_code(const ucontext_t& context);

// Bit n-1 for signal n.
uint64_t blocked_signals(const ucontext_t& context);

// The bytes of a kFloatingPoint part; empty if the context has none.
std::span<const std::byte> floating_point(const ucontext_t& context);

}  // namespace dbgtrace::hooks::crash
