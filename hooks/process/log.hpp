// SPDX-License-Identifier: Apache-2.0
// DBGTRACE_LOG: one line for each thing that went wrong inside the recorder, to a file that is
// opened for that line only, or to standard error. Off by default: nothing is ever printed unasked.
#pragma once

#include <string_view>

#include "hooks/os/text.hpp"

namespace dbgtrace::hooks::process {

// destination: "", "stderr" or an absolute path; must stay valid. Thread-safety: before threads
// start.
void set_log(std::string_view destination);

// Writes "dbgtrace[PID]: what: detail (expected)\n". Thread-safety: yes (one write, O_APPEND).
// Signal-safety: yes. Allocates: never. Silent once the program is sandboxed.
void log_line(std::string_view what, std::string_view detail = {}, long error = 0);

// The newest line is also written here, without the pid, until null is given. Whoever attaches
// wants to know why it failed.
void copy_log_to(os::Text* text);

// The pid that lines carry; asked for by nobody later, since a sandbox may forbid it.
void set_log_pid(uint32_t pid);

void stop_log();

}  // namespace dbgtrace::hooks::process
