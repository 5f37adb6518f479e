// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/death.hpp"

#include <linux/futex.h>
#include <time.h>

#include <atomic>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/crash/claim.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/record.hpp"
#include "hooks/os/return_by_hand.hpp"
#include "hooks/os/signals.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

using process::g_session;

constexpr uint32_t kMaxDepth = 16;
constexpr time_t kWaitSeconds = 2;
constexpr uint32_t kSandboxedPauses = 1u << 20;  // some 20 ms, where no call may be made
constexpr uint32_t kInit = 1;                    // the pid of init, also of a container's

// The crash that is being recorded, by whoever has the claim.
constinit int g_signal = 0;
constinit siginfo_t* g_info = nullptr;
constinit ucontext_t* g_context = nullptr;
constinit std::atomic<uint32_t> g_depth{0};
constinit uint32_t g_never = 0;  // a futex that nobody wakes

// A record needs less than 32 KiB; each fault inside of it another signal frame.
alignas(64) constinit char g_stack[160 << 10] = {};

// Sent by somebody, not raised by an instruction.
bool is_sent(const siginfo_t& info) { return info.si_code <= 0; }

void run_on_own_stack(void (*function)()) {
  char* const top = g_stack + sizeof(g_stack);
#if defined(__x86_64__)
  asm volatile(
      "mov %%rsp, %%rbx\n\t"
      "mov %0, %%rsp\n\t"
      "call *%1\n\t"
      "mov %%rbx, %%rsp"
      :
      : "r"(top), "r"(function)
      : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
#else
  asm volatile(
      "mov x19, sp\n\t"
      "mov sp, %0\n\t"
      "blr %1\n\t"
      "mov sp, x19"
      :
      : "r"(top), "r"(function)
      : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
        "x14", "x15", "x16", "x17", "x18", "x19", "x30", "memory", "cc");
#endif
}

// Makes the instruction happen again that raised the signal, once the handler has returned: most
// are repeated anyway, these have been passed by.
void repeat_instruction(int signal, const siginfo_t& info, ucontext_t& context) {
#if defined(__x86_64__)
  constexpr greg_t kBreakpoint = 3;
  auto& registers = context.uc_mcontext.gregs;
  if (signal == SIGTRAP && info.si_code == SI_KERNEL && registers[REG_TRAPNO] == kBreakpoint) {
    registers[REG_RIP] -= 1;  // int3
  }
  if (signal == SIGSYS) {
    registers[REG_RIP] -= 2;  // syscall
    registers[REG_RAX] = info.si_syscall;
  }
#else
  if (signal == SIGSYS) context.uc_mcontext.pc -= 4;
  (void)info;
#endif
}

// The recorder's own entry knows the thread where nobody may be asked.
uint32_t recorded_tid() {
  if (!g_session.recording_here() || alloc::t_state.recording != g_session.number()) return 0;
  const auto* thread =
      g_session.ledger().entry<ring::Thread>(ring::SectionKind::kThreads, alloc::t_state.thread);
  return thread != nullptr ? thread->tid : 0;
}

// Behind a seccomp filter no call is safe, sigreturn included, but the one that has just been made:
// a signal that the program sent itself is sent in the same way once more. The default action is
// back already.
[[noreturn]] void die_in_sandbox(int signal, const siginfo_t& info, ucontext_t& context) {
  const uint32_t pid = g_session.pid();
  if (!is_sent(info)) {
    repeat_instruction(signal, info, context);
  } else if (info.si_code == SI_USER) {
    os::raw_syscall(SYS_kill, pid, signal);
  } else {
    const uint32_t tid = recorded_tid();
    os::raw_syscall(SYS_tgkill, pid, tid != 0 ? tid : pid, signal);
  }
  os::return_by_hand(context);
}

// The signal is queued again with all that the kernel said of it. It is blocked in here, so it
// arrives when the handler has returned, in the context that the core shall show.
void die(int signal, siginfo_t& info, ucontext_t& context) {
  if (g_session.sandboxed()) die_in_sandbox(signal, info, context);
  os::change_signal_mask(SIG_BLOCK, os::mask_of(signal));
  const os::KernelAction default_action{};
  os::kernel_sigaction(signal, &default_action, nullptr);
  // sigsuspend() may have let through what is blocked.
  os::put_mask(context.uc_sigmask, os::mask_in(context.uc_sigmask) & ~os::mask_of(signal));
  const uint32_t pid = os::process_id();
  // Init gets no signal that it has sent itself, but the kernel's own.
  if (pid == kInit) return repeat_instruction(signal, info, context);
  const uint32_t tid = os::thread_id();
  if (os::raw_syscall(SYS_rt_tgsigqueueinfo, pid, tid, signal, os::as_argument(&info)) == 0) return;
  if (!is_sent(info)) return repeat_instruction(signal, info, context);
  os::raw_syscall(SYS_tgkill, pid, tid, signal);
}

// Only faults may come in here, each on top of the other. They must not find the alternate stack,
// or the kernel would put their frames over the first one's.
void prepare_for_faults() {
  if (g_session.sandboxed()) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  os::kernel_sigaltstack(&none, nullptr);
  constexpr uint64_t kFaults = os::mask_of(SIGSEGV) | os::mask_of(SIGBUS) | os::mask_of(SIGFPE) |
                               os::mask_of(SIGILL) | os::mask_of(SIGTRAP) | os::mask_of(SIGSYS);
  os::change_signal_mask(SIG_SETMASK, ~kFaults);
}

void record_first() {
  prepare_for_faults();
  record_crash({g_signal, g_info, g_context, 0});
  g_session.note_recorded_crash();
}

// This thread has faulted while it recorded.
[[noreturn]] void go_on(int signal, siginfo_t* info, ucontext_t* context) {
  const uint32_t depth = g_depth.fetch_add(1, std::memory_order_relaxed) + 1;
  if (depth <= kMaxDepth) record_crash({signal, info, context, depth});
  g_session.note_recorded_crash();
  die(g_signal, *g_info, *g_context);
  os::leave_handler(g_info, g_context);
}

void wait_for_the_end() {
  if (g_session.sandboxed()) {
    for (uint32_t i = 0; i < kSandboxedPauses; ++i) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#else
      asm volatile("yield");
#endif
    }
    return;
  }
  const timespec limit{kWaitSeconds, 0};
  os::raw_syscall(SYS_futex, os::as_argument(&g_never), FUTEX_WAIT_PRIVATE, 0,
                  os::as_argument(&limit));
}

}  // namespace

void meet_default_action(int signal, siginfo_t* info, ucontext_t* context) {
  // The default action of a signal that init is sent, is nothing.
  if (is_sent(*info) && !g_session.sandboxed() && os::process_id() == kInit) return;
  if (!captures_crashes()) return die(signal, *info, *context);
  switch (claim_crash()) {
    case Claim::kTaken:
      g_signal = signal;
      g_info = info;
      g_context = context;
      g_depth.store(0, std::memory_order_relaxed);
      run_on_own_stack(record_first);
      // A vfork child dies alone, in memory that its parent goes on with.
      if (!g_session.sandboxed() && os::process_id() != g_session.pid()) release_claim();
      break;
    case Claim::kOwn:
      if (is_sent(*info)) return;
      go_on(signal, info, context);
    case Claim::kOthers:
      record_minor({signal, info, context, 0});
      wait_for_the_end();
      break;
  }
  die(signal, *info, *context);
}

}  // namespace dbgtrace::hooks::crash
