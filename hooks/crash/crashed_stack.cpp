// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/crashed_stack.hpp"

#include <cstring>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/crash/registers.hpp"
#include "hooks/process/modules.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constinit uintptr_t g_pcs[stack::kMaxStoredFrames] = {};

ring::StackEnd end_of(stack::Step step) {
  switch (step) {
    case stack::Step::kOutermost:
      return ring::StackEnd::kOutermost;
    case stack::Step::kFrame:
      return ring::StackEnd::kDepthLimit;
    case stack::Step::kComplex:
      return ring::StackEnd::kNoRule;
    case stack::Step::kBroken:
      return ring::StackEnd::kContradiction;
    case stack::Step::kUnreadable:
      return ring::StackEnd::kUnreadable;
  }
  return ring::StackEnd::kContradiction;
}

// Behind a breakpoint instruction pc is already the next one, perhaps of another function.
bool is_behind_breakpoint(const Scene& scene) {
#if defined(__x86_64__)
  constexpr uint64_t kBreakpointTrap = 3;
  return scene.signal == SIGTRAP && trap_number(*scene.context) == kBreakpointTrap &&
         scene.info->si_code > 0;
#else
  (void)scene;
  return false;  // there pc stays at the instruction
#endif
}

}  // namespace

ring::CrashStack describe(const stack::WalkResult& walked, bool exact, bool from_call_site) {
  ring::CrashStack stack{};
  stack.frame_count = walked.count;
  stack.omitted_frames = walked.omitted;
  stack.leaf_frames = walked.leaf_count;
  stack.interrupted = walked.interrupted;
  stack.end = static_cast<uint32_t>(end_of(walked.end));
  stack.flags = exact ? uint32_t{ring::kStackLeafExact} : 0;
  if (from_call_site && walked.count > 1) stack.flags |= ring::kStackFromCallSite;
  return stack;
}

bool is_failed_fetch(int signal, const siginfo_t& info, uintptr_t pc) {
  return (signal == SIGSEGV || signal == SIGBUS) && info.si_code > 0 && info.si_code != SI_KERNEL &&
         reinterpret_cast<uintptr_t>(info.si_addr) == pc;
}

void keep_stack(Scene& scene) {
  stack::Registers start = stack::from_ucontext(*scene.context);
  start.exact = !is_behind_breakpoint(scene);
  start.fetch_failed = is_failed_fetch(scene.signal, *scene.info, scene.pc);
  // What was proven earlier may be gone by now, and can be proven again unless calls are forbidden.
  stack::StackBounds bounds = scene.system_calls ? stack::StackBounds{} : alloc::t_state.bounds;
  const stack::WalkResult walked = stack::walk(start, g_pcs, bounds, scene.calls());
  const ring::CrashStack head = describe(walked, start.exact, start.fetch_failed);
  if (walked.count > 1) scene.caller_pc = g_pcs[1];
  std::memcpy(scene.stage.data(), &head, sizeof(head));
  std::memcpy(scene.stage.data() + sizeof(head), g_pcs, walked.count * sizeof(g_pcs[0]));
  scene.append(ring::PartKind::kStack, scene.tid, 0,
               scene.stage.first(sizeof(head) + walked.count * sizeof(g_pcs[0])));
  process::note_modules(*scene.ledger, std::span(g_pcs, walked.count), scene.time_us);
}

}  // namespace dbgtrace::hooks::crash
