// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/thread_answers.hpp"

#include <linux/futex.h>
#include <signal.h>

#include <algorithm>
#include <atomic>

#include "hooks/alloc/thread_state.hpp"
#include "hooks/crash/registers.hpp"
#include "hooks/os/clock.hpp"
#include "hooks/os/files.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr long kSignal = 33;
constexpr uint64_t kCookie = 0xdb97'ace0'0000'0000;
constexpr time_t kParkedSeconds = 2;  // should the process not die after all

enum class SlotState : uint32_t { kFree, kAsked, kAnswered };
struct Slot {
  std::atomic<SlotState> state{SlotState::kFree};
  ThreadAnswer answer;
};
constinit Slot g_slots[ThreadQuestion::kSlots];
constinit std::atomic<uint32_t> g_answers{0};   // futex of who asked
constinit std::atomic<uint32_t> g_released{0};  // futex of those who answered; never woken
constinit uint32_t g_pid = 0;

struct KernelAction {
  void (*handler)(int, siginfo_t*, void*);
  uint64_t flags;
  void (*restorer)();
  uint64_t mask;
};
constinit KernelAction g_former = {};

#if defined(__x86_64__)
extern "C" [[gnu::visibility("hidden")]] void dbgtrace_return_from_answer();
asm(R"(
.pushsection .text.dbgtrace_return_from_answer, "ax", @progbits
.hidden dbgtrace_return_from_answer
.type dbgtrace_return_from_answer, @function
dbgtrace_return_from_answer:
  mov $15, %eax
  syscall
.size dbgtrace_return_from_answer, . - dbgtrace_return_from_answer
.popsection
)");
constexpr uint64_t kRestorerFlag = 0x04000000;
#else
void (*const dbgtrace_return_from_answer)() = nullptr;
constexpr uint64_t kRestorerFlag = 0;
#endif

long set_action(const KernelAction* action, KernelAction* former) {
  return os::raw_syscall(SYS_rt_sigaction, kSignal, os::as_argument(action),
                         os::as_argument(former), sizeof(action->mask));
}

void park() {
  const timespec limit{kParkedSeconds, 0};
  os::raw_syscall(SYS_futex, os::as_argument(&g_released), FUTEX_WAIT_PRIVATE, 0,
                  os::as_argument(&limit));
}

void write_answer(ThreadAnswer& answer, const ucontext_t& context) {
  answer.register_count = copy_registers(context, answer.registers);
  answer.blocked_signals = blocked_signals(context);
  answer.pc = program_counter(context);
  answer.sp = stack_pointer(context);
  answer.walked = stack::walk(stack::from_ucontext(context), answer.pcs, alloc::t_state.bounds,
                              stack::SystemCalls::kAllowed);
}

void on_question(int, siginfo_t* info, void* context) {
  const auto value = reinterpret_cast<uint64_t>(info->si_value.sival_ptr);
  const uint32_t index = static_cast<uint32_t>(value);
  if (info->si_code != SI_QUEUE || info->si_pid != static_cast<pid_t>(g_pid) ||
      (value & ~uint64_t{0xffffffff}) != kCookie) {
    return;
  }
  if (index < ThreadQuestion::kSlots) {
    Slot& slot = g_slots[index];
    if (slot.state.load(std::memory_order_acquire) != SlotState::kAsked) return;
    write_answer(slot.answer, *static_cast<const ucontext_t*>(context));
    slot.state.store(SlotState::kAnswered, std::memory_order_release);
    g_answers.fetch_add(1, std::memory_order_release);
    os::raw_syscall(SYS_futex, os::as_argument(&g_answers), FUTEX_WAKE_PRIVATE, 1);
  }
  park();
}

uint64_t bit_of(int signal) { return uint64_t{1} << (signal - 1); }

}  // namespace

bool ThreadQuestion::begin(uint32_t pid, uint32_t own_tid) {
  pid_ = g_pid = pid;
  own_tid_ = own_tid;
  asked_ = 0;
  g_answers.store(0, std::memory_order_relaxed);
  KernelAction action{};
  action.handler = on_question;
  action.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | kRestorerFlag;
  action.restorer = dbgtrace_return_from_answer;
  // A fault in there must find the crash handler, all else can wait.
  action.mask =
      ~(bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGILL) | bit_of(SIGFPE) | bit_of(SIGTRAP));
  return set_action(&action, &g_former) == 0;
}

bool ThreadQuestion::ask(uint32_t tid) {
  if (tid == own_tid_) return false;
  const uint32_t index = asked_;
  if (index < kSlots) {
    g_slots[index].answer.tid = tid;
    g_slots[index].state.store(SlotState::kAsked, std::memory_order_release);
  }
  siginfo_t info{};
  info.si_signo = kSignal;
  info.si_code = SI_QUEUE;
  info.si_pid = static_cast<pid_t>(pid_);
  info.si_value.sival_ptr = reinterpret_cast<void*>(kCookie | std::min(index, kSlots));
  if (os::raw_syscall(SYS_rt_tgsigqueueinfo, pid_, tid, kSignal, os::as_argument(&info)) != 0) {
    if (index < kSlots) g_slots[index].state.store(SlotState::kFree, std::memory_order_relaxed);
    return false;
  }
  if (index < kSlots) ++asked_;
  return true;
}

uint32_t ThreadQuestion::wait(uint64_t deadline_ns) {
  for (;;) {
    const uint32_t answers = g_answers.load(std::memory_order_acquire);
    const uint64_t now_ns = os::monotonic_ns();
    if (answers >= asked_ || now_ns >= deadline_ns) return asked_ - std::min(answers, asked_);
    const uint64_t left_ns = deadline_ns - now_ns;
    const timespec limit{static_cast<time_t>(left_ns / 1'000'000'000),
                         static_cast<long>(left_ns % 1'000'000'000)};
    os::raw_syscall(SYS_futex, os::as_argument(&g_answers), FUTEX_WAIT_PRIVATE, answers,
                    os::as_argument(&limit));
  }
}

void ThreadQuestion::end() { set_action(&g_former, nullptr); }

const ThreadAnswer* ThreadQuestion::answer_of(uint32_t tid) const {
  for (uint32_t i = 0; i < asked_; ++i) {
    if (g_slots[i].answer.tid != tid) continue;
    const bool done = g_slots[i].state.load(std::memory_order_acquire) == SlotState::kAnswered;
    return done ? &g_slots[i].answer : nullptr;
  }
  return nullptr;
}

}  // namespace dbgtrace::hooks::crash
