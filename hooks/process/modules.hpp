// SPDX-License-Identifier: Apache-2.0
// Which loaded objects the recorded stacks touch. dlopen is not hooked: an object is noticed when a
// stack first touches it. An address range whose object went away gets a load generation, so that
// stacks through it are told from those through what is loaded there later.
#pragma once

#include <cstdint>
#include <span>

#include "ring/ledger.hpp"

namespace dbgtrace::hooks::process {

// Thread-safety: yes. Signal-safety: yes. Allocates: never. May be called inside dlopen and dlclose
// of any thread: takes no loader lock.

// A new recording of this process (also a forked child's): every object is to be named anew.
void forget_modules();

// Names the objects of these code addresses in the recording.
void note_modules(const ring::Ledger& ledger, std::span<const uintptr_t> pcs, uint64_t time_us);

// After a dlclose: marks the objects that are gone.
void note_unloads(const ring::Ledger& ledger, uint64_t time_us);

// Whether pc lies in the same object as `other`.
bool same_object(uintptr_t pc, uintptr_t other);

}  // namespace dbgtrace::hooks::process
