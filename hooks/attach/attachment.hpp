// SPDX-License-Identifier: Apache-2.0
// The steps of an attach and of a detach, as the command in the other process asks for them
// (ring/attach_call.hpp).
#pragma once

#include "ring/attach_call.hpp"

namespace dbgtrace::hooks::attach {

// Does one step and writes the answer. Thread-safety: one call at a time; the command has stopped
// the thread that runs it at a place where it is in no library call. Signal-safety: no. Allocates:
// never.
void answer(ring::AttachCall& call);

}  // namespace dbgtrace::hooks::attach
