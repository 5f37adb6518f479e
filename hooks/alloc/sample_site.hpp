// SPDX-License-Identifier: Apache-2.0
// From the frame of an allocation to its site in the recording: walks the stack into a buffer from
// a small pool (a thread's stack may be too small for it), names the modules, finds or makes the
// site.
#pragma once

#include "ring/site_table.hpp"

namespace dbgtrace::hooks::alloc {

// Site with a null pointer: nothing may be recorded (the reason is counted).
// Thread-safety: yes. Signal-safety: yes, also on top of itself. Allocates: never.
ring::SiteRef site_of(const ring::Ledger& ledger, const void* frame, ring::SiteKind kind,
                      uint64_t time_us);

}  // namespace dbgtrace::hooks::alloc
