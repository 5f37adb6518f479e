// SPDX-License-Identifier: Apache-2.0
// What happens when the loader starts and the C library ends this library. A recording that saw its
// first sample earlier is already on its way: everything here can come late. Loaded into a running
// program it does nothing until dbgtrace_attach is called.
#include <stdlib.h>

#include "hooks/alloc/next_allocator.hpp"
#include "hooks/alloc/operators.hpp"
#include "hooks/alloc/thread_memo.hpp"
#include "hooks/alloc/tracker.hpp"
#include "hooks/attach/attachment.hpp"
#include "hooks/crash/alt_stack.hpp"
#include "hooks/crash/black_box.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/next_process.hpp"
#include "hooks/process/session.hpp"
#include "hooks/process/threads.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;

namespace {

// The only way to learn the code of exit() and of a return from main. Registered first, it runs
// last.
void at_exit(int code, void*) { process::g_session.note_exit(code); }

void end_thread() {
  alloc::end_memo();
  crash::take_alternate_stack_back();
}

__attribute__((constructor(101))) void start() {
  if (!os::loaded_at_start()) return;
  alloc::resolve_next_allocator();
  process::resolve_next_process();
  process::g_session.set_black_box(crash::begin_black_box);
  alloc::start_recorder();
  alloc::settle_operators(!process::g_session.off());
  if (process::g_session.off()) return;
  process::start_thread_watch(end_thread);
  process::g_session.set_before_sandbox(crash::prepare_for_sandbox);
  crash::start_dispositions();
  crash::give_alternate_stack();
  on_exit(at_exit, nullptr);
  process::g_session.start_early();
}

// Behind the exit handlers and destructors of the program: they may still crash.
__attribute__((destructor(101))) void finish() { process::g_session.note_end(); }

// What start() does, in a program that runs already: its exit handler runs first, not last.
void at_exit_of_attached(int code, void*) {
  process::g_session.note_teardown();
  process::g_session.note_exit(code);
}

void prepare_once() {
  alloc::resolve_next_allocator();
  process::resolve_next_process();
  process::g_session.set_black_box(crash::begin_black_box);
  alloc::start_recorder();
  alloc::settle_operators(true);
  process::start_thread_watch(end_thread);
  process::g_session.set_before_sandbox(crash::prepare_for_sandbox);
  on_exit(at_exit_of_attached, nullptr);
}

}  // namespace

// For the command `dbgtrace attach`, which calls it on a thread that it has stopped.
DBGTRACE_EXPORT void dbgtrace_attach(dbgtrace::ring::AttachCall* call) noexcept {
  static constinit bool prepared = false;
  if (!prepared && !os::loaded_at_start()) prepare_once();
  prepared = true;
  attach::answer(*call);
}
