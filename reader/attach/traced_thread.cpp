// SPDX-License-Identifier: Apache-2.0
#include "reader/attach/traced_thread.hpp"

#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "reader/attach/signal_frame.hpp"

namespace dbgtrace::reader::attach {
namespace {

constexpr size_t kMaxVectorBytes = 16 << 10;
constexpr size_t kSignalSetBytes = 8;
// Raised by an instruction: blocked, they would kill.
constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

constexpr uint64_t bit_of(int signal) { return uint64_t{1} << (signal - 1); }

bool is_fault(int signal) {
  return std::find(std::begin(kFaults), std::end(kFaults), signal) != std::end(kFaults);
}

template <typename T>
void* as_pointer(T value) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(value));
}

// Wakes up by SIGCHLD, which tells of each stop, or at the deadline.
void wait_for_news(Clock::time_point deadline) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const auto left =
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - Clock::now()).count();
  const long capped = std::clamp<long>(left, 0, 20'000'000);  // a lost SIGCHLD costs 20 ms
  const timespec limit{0, capped};
  sigtimedwait(&child, nullptr, &limit);
}

}  // namespace

uint64_t ThreadRegisters::pc() const { return values.rip; }
uint64_t ThreadRegisters::sp() const { return values.rsp; }
uint64_t ThreadRegisters::thread_pointer() const { return values.fs_base; }
long ThreadRegisters::system_call() const { return static_cast<long>(values.orig_rax); }

TracedThread::TracedThread(pid_t tid) : tid_(tid) {
  if (ptrace(PTRACE_SEIZE, tid, nullptr, as_pointer(PTRACE_O_TRACESYSGOOD)) != 0) return;
  traced_ = true;
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
}

TracedThread::TracedThread(TracedThread&& other) noexcept
    : tid_(other.tid_),
      traced_(std::exchange(other.traced_, false)),
      stopped_(std::exchange(other.stopped_, false)),
      gone_(other.gone_),
      saved_(std::exchange(other.saved_, false)),
      pending_signal_(other.pending_signal_),
      before_(other.before_),
      mask_before_(other.mask_before_),
      vectors_before_(std::move(other.vectors_before_)) {}

TracedThread::~TracedThread() {
  if (!traced_ || gone_) return;
  // One that could not be stopped has the stop still before it.
  if (!stopped_ && !wait_until_stopped(Clock::now() + std::chrono::seconds(1))) return;
  restore();
  ptrace(PTRACE_DETACH, tid_, nullptr, as_pointer(pending_signal_));
}

// The status of the next stop.
std::optional<int> TracedThread::wait_for_stop(Clock::time_point deadline) {
  for (;;) {
    int status = 0;
    const pid_t got = waitpid(tid_, &status, __WALL | WNOHANG);
    if (got == tid_ && WIFSTOPPED(status)) return status;
    if (got == tid_ || (got < 0 && errno == ECHILD)) {
      gone_ = true;
      return {};
    }
    if (Clock::now() >= deadline) return {};
    wait_for_news(deadline);
  }
}

bool TracedThread::wait_until_stopped(Clock::time_point deadline) {
  if (stopped_ || !traced_ || gone_) return stopped_;
  for (;;) {
    const std::optional<int> status = wait_for_stop(deadline);
    if (!status) return false;
    if (*status >> 16 == PTRACE_EVENT_STOP) break;
    // A signal was on its way: the thread has it when it goes on, the stop comes right after.
    ptrace(PTRACE_CONT, tid_, nullptr, as_pointer(WSTOPSIG(*status) & 0x7f));
  }
  stopped_ = true;
  begin_wait_again();
  return true;
}

// These tell the program that a signal came, though it was only our stop. A signal that did come at
// the same time still ends them.
void TracedThread::begin_wait_again() {
  constexpr std::array kWaits = {
      SYS_epoll_wait,      SYS_epoll_pwait,  SYS_epoll_pwait2, SYS_semop,  SYS_semtimedop,
      SYS_rt_sigtimedwait, SYS_io_getevents, SYS_msgrcv,       SYS_msgsnd, SYS_recvfrom,
      SYS_recvmsg,         SYS_accept,       SYS_accept4,      SYS_read};
  constexpr long kRestartUnlessHandled = -514;  // ERESTARTNOHAND
  ThreadRegisters now;
  if (!registers(now) || static_cast<long>(now.values.rax) != -EINTR ||
      std::find(kWaits.begin(), kWaits.end(), now.system_call()) == kWaits.end()) {
    return;
  }
  now.values.rax = static_cast<unsigned long long>(kRestartUnlessHandled);
  iovec part{&now.values, sizeof(now.values)};
  ptrace(PTRACE_SETREGSET, tid_, as_pointer(NT_PRSTATUS), &part);
}

bool TracedThread::registers(ThreadRegisters& registers) const {
  iovec part{&registers.values, sizeof(registers.values)};
  return ptrace(PTRACE_GETREGSET, tid_, as_pointer(NT_PRSTATUS), &part) == 0;
}

bool TracedThread::save() {
  vectors_before_.resize(kMaxVectorBytes);
  iovec vectors{vectors_before_.data(), vectors_before_.size()};
  if (!registers(before_) ||
      ptrace(PTRACE_GETREGSET, tid_, as_pointer(NT_X86_XSTATE), &vectors) != 0)
    return false;
  vectors_before_.resize(vectors.iov_len);
  if (ptrace(PTRACE_GETSIGMASK, tid_, as_pointer(kSignalSetBytes), &mask_before_) != 0)
    return false;
  saved_ = true;
  return true;
}

void TracedThread::restore() {
  if (!saved_) return;
  iovec vectors{vectors_before_.data(), vectors_before_.size()};
  iovec part{&before_.values, sizeof(before_.values)};
  ptrace(PTRACE_SETREGSET, tid_, as_pointer(NT_X86_XSTATE), &vectors);
  ptrace(PTRACE_SETREGSET, tid_, as_pointer(NT_PRSTATUS), &part);
  ptrace(PTRACE_SETSIGMASK, tid_, as_pointer(kSignalSetBytes), &mask_before_);
  saved_ = false;
}

uint64_t TracedThread::write_frame(const ProcessMemory& memory, const Call& call) const {
  const SignalFrame frame =
      make_signal_frame(before_.values, mask_before_, vectors_before_,
                        call.finish == Finish::kFault ? 0 : call.restorer, call.stack_top);
  return memory.write(frame.address, frame.bytes) ? frame.address : 0;
}

std::optional<uint64_t> TracedThread::call(const ProcessMemory& memory, const Call& call,
                                           Clock::time_point deadline) {
  if (!stopped_ || !save()) return {};
  const uint64_t frame = write_frame(memory, call);
  if (frame == 0) return {};
  ThreadRegisters in = before_;
  in.values.rip = call.function;
  in.values.rsp = frame;
  in.values.rax = 0;
  in.values.orig_rax = ~0ULL;     // no system call is to be begun again
  in.values.eflags &= ~0x400ULL;  // direction
  in.values.rdi = call.arguments[0];
  in.values.rsi = call.arguments[1];
  in.values.rdx = call.arguments[2];
  in.values.rcx = call.arguments[3];
  in.values.r8 = call.arguments[4];
  in.values.r9 = call.arguments[5];
  uint64_t blocked = ~uint64_t{0};
  for (const int fault : kFaults) blocked &= ~bit_of(fault);
  if (call.finish == Finish::kSignal) blocked &= ~bit_of(call.done_signal);
  iovec part{&in.values, sizeof(in.values)};
  std::optional<uint64_t> result;
  if (ptrace(PTRACE_SETSIGMASK, tid_, as_pointer(kSignalSetBytes), &blocked) == 0 &&
      ptrace(PTRACE_SETREGSET, tid_, as_pointer(NT_PRSTATUS), &part) == 0) {
    result = run_to_end(call, deadline);
  }
  if (!gone_ && park(Clock::now() + std::chrono::seconds(1))) restore();
  return result;
}

std::optional<uint64_t> TracedThread::run_to_end(const Call& call, Clock::time_point deadline) {
  const auto resume = call.finish == Finish::kReturn ? PTRACE_SYSCALL : PTRACE_CONT;
  for (;;) {
    stopped_ = false;
    if (ptrace(resume, tid_, nullptr, nullptr) != 0) return {};
    std::optional<int> status = wait_for_stop(deadline);
    if (!status) return {};
    stopped_ = true;
    const int signal = WSTOPSIG(*status);
    ThreadRegisters now;
    if (!registers(now)) return {};
    if (signal == (SIGTRAP | 0x80)) {
      if (now.system_call() != SYS_rt_sigreturn) continue;
      // It would restore itself now; we do it, so that the interrupted system call is begun again.
      now.values.orig_rax = ~0ULL;
      iovec part{&now.values, sizeof(now.values)};
      ptrace(PTRACE_SETREGSET, tid_, as_pointer(NT_PRSTATUS), &part);
      return 0;
    }
    if (*status >> 16 != 0)
      continue;  // a stop of the whole process, perhaps; it goes on at the end
    siginfo_t info{};
    ptrace(PTRACE_GETSIGINFO, tid_, nullptr, &info);
    if (call.finish == Finish::kSignal && signal == call.done_signal && info.si_code == SI_TKILL)
      return 0;
    if (is_fault(signal) && info.si_code > 0) {
      if (call.finish == Finish::kFault && now.pc() == 0) return now.values.rax;
      return {};
    }
    pending_signal_ = signal;
  }
}

// To a stop in which the kernel looks again at what the thread is to do: begins the system call
// anew, or not.
bool TracedThread::park(Clock::time_point deadline) {
  ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr);
  if (stopped_) {
    stopped_ = false;
    if (ptrace(PTRACE_CONT, tid_, nullptr, nullptr) != 0) return false;
  }
  return wait_until_stopped(deadline);
}

}  // namespace dbgtrace::reader::attach
