// SPDX-License-Identifier: Apache-2.0
// The process is about to end by itself: from inside a handler of a fault that is a crash after
// all, whatever code it ends with.
#pragma once

namespace dbgtrace::hooks::crash {

// Before exit, _exit and their kin. Thread-safety: yes. Signal-safety: yes. Allocates: never.
void note_leaving();

}  // namespace dbgtrace::hooks::crash
