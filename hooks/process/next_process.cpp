// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/next_process.hpp"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "hooks/os/link_map.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::process {

constinit NextProcess g_next_process = {};
extern "C" {
__attribute__((visibility("hidden"))) constinit void* dbgtrace_next_syscall = nullptr;
}

void resolve_next_process() {
  os::Wanted symbols[] = {
      {"_exit", os::place_of(g_next_process.exit_now)},
      {"quick_exit", os::place_of(g_next_process.quick_exit)},
      {"exit", os::place_of(g_next_process.exit)},
      {"__cxa_atexit", os::place_of(g_next_process.cxa_atexit)},
      {"execve", os::place_of(g_next_process.execve)},
      {"execvpe", os::place_of(g_next_process.execvpe)},
      {"fexecve", os::place_of(g_next_process.fexecve)},
      {"prctl", os::place_of(g_next_process.prctl)},
      {"syscall", &dbgtrace_next_syscall},
  };
  os::find_all_next(symbols);
}

extern "C" __attribute__((visibility("hidden"))) void dbgtrace_note_syscall(long number, long first,
                                                                            long second) {
  (void)second;
  if (number == SYS_exit_group) g_session.note_exit(static_cast<int>(first));
  if (number == SYS_prctl && first == PR_SET_SECCOMP) g_session.enter_sandbox();
  if (number == SYS_seccomp &&
      (first == SECCOMP_SET_MODE_STRICT || first == SECCOMP_SET_MODE_FILTER)) {
    g_session.enter_sandbox();
  }
}

}  // namespace dbgtrace::hooks::process
