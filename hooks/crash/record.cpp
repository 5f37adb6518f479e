// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/record.hpp"

#include <algorithm>
#include <cstring>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/crash/abort_message.hpp"
#include "hooks/crash/black_box.hpp"
#include "hooks/crash/crash_head.hpp"
#include "hooks/crash/crashed_stack.hpp"
#include "hooks/crash/handled_faults.hpp"
#include "hooks/crash/heap_context.hpp"
#include "hooks/crash/loaded_modules.hpp"
#include "hooks/crash/near_memory.hpp"
#include "hooks/crash/other_threads.hpp"
#include "hooks/crash/process_files.hpp"
#include "hooks/crash/registers.hpp"
#include "hooks/crash/step_machine.hpp"
#include "hooks/os/files.hpp"
#include "hooks/process/modules.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using process::g_session;

// Each fault inside the record takes another piece of a small stack.
constexpr uint32_t kMaxDepth = 5;

// In decreasing value. The question to the threads comes early, since they go on working until
// then.
constexpr Step kSteps[] = {
    {ring::CrashStep::kHead, keep_head},
    {ring::CrashStep::kAskThreads, ask_threads},
    {ring::CrashStep::kMessage, keep_message},
    {ring::CrashStep::kStack, keep_stack},
    {ring::CrashStep::kHeapContext, keep_heap_context},
    {ring::CrashStep::kCode, keep_code},
    {ring::CrashStep::kStackBytes, keep_stack_bytes},
    {ring::CrashStep::kNearRegisters, keep_near_registers},
    {ring::CrashStep::kMaps, keep_maps},
    {ring::CrashStep::kModules, keep_modules},
    {ring::CrashStep::kProcess, keep_process},
    {ring::CrashStep::kThreads, keep_threads},
};

constinit Scene g_scene;
constinit StepMachine g_machine;
// The context of a fault whose handler the process ended in.
constinit ucontext_t g_left_context = {};

// A recording to write into: a forked child may have none of its own yet.
bool has_black_box() {
  const bool recording =
      g_session.sandboxed() ? g_session.recording_here() : g_session.ready_to_record();
  return recording && black_box().head() != nullptr;
}

uint32_t this_tid() {
  if (!g_session.sandboxed()) return os::thread_id();
  const ring::Ledger& ledger = g_session.ledger();
  const auto* thread =
      ledger.entry<ring::Thread>(ring::SectionKind::kThreads, alloc::t_state.thread);
  return thread != nullptr && thread->tid != 0 ? thread->tid : ledger.header().pid;
}

// What may be read without asking: the stack from this frame upwards, as far as walks have been.
void prove_stack(Scene& scene) {
  constexpr uintptr_t kSameStackBytes = 64 << 10;
  const stack::StackBounds& bounds = alloc::t_state.bounds;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  scene.reader.prove(bounds.low, bounds.high);
  if (scene.sp < here || scene.sp - here > kSameStackBytes) return;
  const uintptr_t page_end = (scene.sp & ~uintptr_t{4095}) + 4096;
  const bool joins = bounds.high != 0 && scene.sp < bounds.low;
  scene.reader.prove(here, joins ? bounds.high : page_end);
}

void set_scene(int signal, const siginfo_t& info, const ucontext_t& context, uint32_t flags) {
  Scene& scene = g_scene;
  const process::Options& options = g_session.options();
  scene = Scene{};
  scene.signal = signal;
  scene.info = &info;
  scene.context = &context;
  scene.system_calls = !g_session.sandboxed();
  scene.pid = scene.system_calls ? os::process_id() : g_session.pid();
  scene.tid = this_tid();
  scene.time_us = g_session.now_us();
  scene.register_count = copy_registers(context, scene.registers);
  scene.pc = program_counter(context);
  scene.sp = stack_pointer(context);
  scene.has_fault_address = find_fault_address(signal, info, scene.fault_address);
  scene.flags = flags;
  if (!scene.system_calls) scene.flags |= ring::kCrashSandboxed;
  if (scene.pid != g_session.pid()) scene.flags |= ring::kCrashInVforkChild;
  if (process::same_object(scene.pc, reinterpret_cast<uintptr_t>(&set_scene))) {
    scene.flags |= ring::kCrashInRecorder;
  }
  scene.freezes = (flags & ring::kCrashInHandler) == 0;
  scene.stack_limit_bytes = options.crash_stack_bytes;
  if (scene.system_calls) {
    scene.reader.use_kernel(scene.pid);
  } else {
    scene.reader.use_proven();
    prove_stack(scene);
  }
  scene.box = &black_box();
  scene.ledger = &g_session.ledger();
  scene.stage = stage();
}

// A record stands: only that of a vfork child, whose process lived on, is given up.
bool is_recorded(const ring::BlackBox& box) {
  return box.crash.tid != 0 && (box.crash.flags & ring::kCrashInVforkChild) == 0;
}

void record(int signal, const siginfo_t& info, const ucontext_t& context, uint32_t flags) {
  ring::BlackBox& box = *black_box().head();
  set_scene(signal, info, context, flags);
  if (g_scene.in_vfork_child()) ++box.vfork_crashes;
  if (is_recorded(box) || (g_scene.in_vfork_child() && box.crash.tid != 0)) {
    add_minor(box, g_scene.time_us, g_scene.tid, signal, info, context);
    return;
  }
  black_box().begin_record();
  g_machine.start(kSteps, box);
  g_machine.run(g_scene);
}

}  // namespace

void record_crash(const Fault& fault) {
  if (fault.depth == 0) {
    if (!has_black_box()) return;
    g_session.note_crash(fault.signal);
    record(fault.signal, *fault.info, *fault.context, 0);
    return;
  }
  if (fault.depth > kMaxDepth || black_box().head() == nullptr || g_scene.box == nullptr) return;
  g_machine.note_fault();
  add_minor(*black_box().head(), g_session.now_us(), g_scene.tid, fault.signal, *fault.info,
            *fault.context);
  g_machine.run(g_scene);
}

void record_minor(const Fault& fault) {
  if (!g_session.recording_here() || black_box().head() == nullptr) return;
  add_minor(*black_box().head(), g_session.now_us(), this_tid(), fault.signal, *fault.info,
            *fault.context);
}

void note_handled_fault(int signal, const siginfo_t* info, const ucontext_t* context) {
  if (!g_session.recording_here() || black_box().head() == nullptr) return;
  uint32_t tid = 0;
  if (alloc::t_state.recording == g_session.number()) {
    const auto* thread =
        g_session.ledger().entry<ring::Thread>(ring::SectionKind::kThreads, alloc::t_state.thread);
    if (thread != nullptr) tid = thread->tid;
  }
  count_handled(*black_box().head(), g_session.now_us(), tid, signal, *info, *context);
}

void record_exit_in_handler(const siginfo_t& info, const ucontext_t& context) {
  if (!has_black_box()) return;
  g_left_context = context;
#if defined(__x86_64__)
  g_left_context.uc_mcontext.fpregs = nullptr;  // it is not known to be there still
#endif
  record(info.si_signo, info, g_left_context, ring::kCrashInHandler);
}

}  // namespace dbgtrace::hooks::crash
