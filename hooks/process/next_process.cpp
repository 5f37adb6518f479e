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
  const link_map* own = os::own_object();
  auto resolve = [own]<typename Function>(const char* name, Function& function) {
    function = reinterpret_cast<Function>(os::find_after(own, name));
  };
  resolve("_exit", g_next_process.exit_now);
  resolve("quick_exit", g_next_process.quick_exit);
  resolve("exit", g_next_process.exit);
  resolve("__cxa_atexit", g_next_process.cxa_atexit);
  resolve("execve", g_next_process.execve);
  resolve("execvpe", g_next_process.execvpe);
  resolve("fexecve", g_next_process.fexecve);
  resolve("prctl", g_next_process.prctl);
  resolve("syscall", dbgtrace_next_syscall);
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
