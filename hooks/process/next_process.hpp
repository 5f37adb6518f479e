// SPDX-License-Identifier: Apache-2.0
// The next definitions of the functions that end or replace the process, resolved in the
// constructor: a vfork child may need them and must not do more than call through.
#pragma once

namespace dbgtrace::hooks::process {

// Thread-safety: constant after resolve. Signal-safety: yes. Allocates: never.
struct NextProcess {
  void (*exit_now)(int);  // _exit
  void (*quick_exit)(int);
  void (*exit)(int);
  int (*cxa_atexit)(void (*)(void*), void*, void*);
  int (*execve)(const char*, char* const*, char* const*);
  int (*execvpe)(const char*, char* const*, char* const*);
  int (*fexecve)(int, char* const*, char* const*);
  int (*prctl)(int, ...);
};

extern constinit NextProcess g_next_process;
// Of syscall(2); read by the assembly shim.
extern "C" void* dbgtrace_next_syscall;

void resolve_next_process();

// Before a call through syscall(2) that ends the process or enters a sandbox.
extern "C" void dbgtrace_note_syscall(long number, long first, long second);

}  // namespace dbgtrace::hooks::process
