// SPDX-License-Identifier: Apache-2.0
// Functions that end or replace the process, or put it into a sandbox. In a vfork child they only
// call through: the session knows by the pid that the recording is not its own.
#include <alloca.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hooks/crash/leaving.hpp"
#include "hooks/process/next_process.hpp"
#include "hooks/process/session.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;
using process::g_next_process;
using process::g_session;

namespace {

// A constructor of another library may exec before ours has run.
const process::NextProcess& next() {
  if (g_next_process.execve == nullptr) process::resolve_next_process();
  return g_next_process;
}

int replace(const char* path, char* const* arguments, char* const* environment) {
  const auto call = next().execve;
  g_session.note_exec(true);
  const int result = call(path, arguments, environment);
  g_session.note_exec(false);
  return result;
}

int replace_searched(const char* name, char* const* arguments, char* const* environment) {
  const auto call = next().execvpe;
  g_session.note_exec(true);
  const int result = call(name, arguments, environment);
  g_session.note_exec(false);
  return result;
}

[[noreturn]] void end_now(int code) {
  const auto call = next().exit_now;
  crash::note_leaving();
  g_session.note_exit(code);
  g_session.note_end();
  call(code);
  __builtin_unreachable();
}

int count_arguments(va_list rest) {
  int count = 1;
  while (va_arg(rest, char*) != nullptr) ++count;
  return count;
}

}  // namespace

// The arguments of execl and its family as an array on the stack, as libc itself does it.
#define DBGTRACE_COLLECT(array, first)                                                          \
  va_list rest;                                                                                 \
  va_start(rest, first);                                                                        \
  const int count = first == nullptr ? 0 : count_arguments(rest);                               \
  va_end(rest);                                                                                 \
  char** array = static_cast<char**>(alloca((static_cast<size_t>(count) + 1) * sizeof(char*))); \
  va_start(rest, first);                                                                        \
  array[0] = const_cast<char*>(first);                                                          \
  for (int i = 1; i <= count; ++i) array[i] = va_arg(rest, char*)

DBGTRACE_EXPORT int execve(const char* path, char* const arguments[],
                           char* const environment[]) noexcept {
  return replace(path, arguments, environment);
}
DBGTRACE_EXPORT int execv(const char* path, char* const arguments[]) noexcept {
  return replace(path, arguments, environ);
}
DBGTRACE_EXPORT int execvp(const char* name, char* const arguments[]) noexcept {
  return replace_searched(name, arguments, environ);
}
DBGTRACE_EXPORT int execvpe(const char* name, char* const arguments[],
                            char* const environment[]) noexcept {
  return replace_searched(name, arguments, environment);
}
DBGTRACE_EXPORT int execl(const char* path, const char* first, ...) noexcept {
  DBGTRACE_COLLECT(arguments, first);
  va_end(rest);
  return replace(path, arguments, environ);
}
DBGTRACE_EXPORT int execlp(const char* name, const char* first, ...) noexcept {
  DBGTRACE_COLLECT(arguments, first);
  va_end(rest);
  return replace_searched(name, arguments, environ);
}
DBGTRACE_EXPORT int execle(const char* path, const char* first, ...) noexcept {
  DBGTRACE_COLLECT(arguments, first);
  char* const* environment = va_arg(rest, char* const*);
  va_end(rest);
  return replace(path, arguments, environment);
}
DBGTRACE_EXPORT int fexecve(int fd, char* const arguments[], char* const environment[]) noexcept {
  const auto call = next().fexecve;
  g_session.note_exec(true);
  const int result = call(fd, arguments, environment);
  g_session.note_exec(false);
  return result;
}

// exit() by a return from main calls no exported function, so whoever registers a handler gets a
// mark of ours on top of it: handlers run last in, first out, and the first mark that runs tells
// that teardown has begun.
DBGTRACE_EXPORT int __cxa_atexit(void (*handler)(void*), void* argument, void* module) noexcept {
  const auto call = next().cxa_atexit;
  const int result = call(handler, argument, module);
  if (result == 0 && !g_session.off())
    call([](void*) { g_session.note_teardown(); }, nullptr, nullptr);
  return result;
}
DBGTRACE_EXPORT void exit(int code) noexcept {
  const auto call = next().exit;
  crash::note_leaving();
  g_session.note_teardown();
  call(code);
  __builtin_unreachable();
}
DBGTRACE_EXPORT void _exit(int code) { end_now(code); }
DBGTRACE_EXPORT void _Exit(int code) noexcept { end_now(code); }
DBGTRACE_EXPORT void quick_exit(int code) noexcept {
  const auto call = next().quick_exit;
  crash::note_leaving();
  g_session.note_exit(code);
  call(code);
  __builtin_unreachable();
}

DBGTRACE_EXPORT int prctl(int option, ...) noexcept {
  va_list rest;
  va_start(rest, option);
  const unsigned long a = va_arg(rest, unsigned long), b = va_arg(rest, unsigned long),
                      c = va_arg(rest, unsigned long), d = va_arg(rest, unsigned long);
  va_end(rest);
  const auto call = next().prctl;
  if (option == PR_SET_SECCOMP) g_session.enter_sandbox();
  return call(option, a, b, c, d);
}
