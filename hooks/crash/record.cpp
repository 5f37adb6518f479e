// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/record.hpp"

#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {

void record_crash(const Fault& fault) { process::g_session.note_crash(fault.signal); }

void record_minor(const Fault& fault) { process::g_session.note_crash(fault.signal); }

void note_handled_fault(int, const siginfo_t*, const ucontext_t*) {}

void record_exit_in_handler(int, int) {}

}  // namespace dbgtrace::hooks::crash
