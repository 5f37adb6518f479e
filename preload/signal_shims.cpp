// SPDX-License-Identifier: Apache-2.0
// The functions that say what a signal does. For the signals of a crash the program is answered in
// its own terms (hooks/crash/dispositions.hpp); the older functions are put together from
// sigaction() as the C library itself does it, so that each is one exchange in the kernel. All
// other signals pass.
#include <errno.h>
#include <signal.h>

#include <atomic>

#include "hooks/crash/alt_stack.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/next_signals.hpp"
#include "hooks/os/signals.hpp"
#include "preload/exported.hpp"

using namespace dbgtrace::hooks;
using crash::change_action;
using crash::is_captured;
using crash::next_signals;

namespace {

// Signals for which siginterrupt() was asked to let system calls be interrupted: signal() looks at
// it. The C library has the same set, out of reach.
constinit std::atomic<uint64_t> g_interrupting{0};

// False if it failed. before: the handler that was.
bool change_handler(int number, sighandler_t handler, uint64_t mask, uint32_t flags,
                    sighandler_t& before) {
  struct sigaction wanted {
  }, old{};
  wanted.sa_handler = handler;
  wanted.sa_flags = static_cast<int>(flags);
  os::put_mask(wanted.sa_mask, mask);
  if (change_action(number, &wanted, &old) != 0) return false;
  before = old.sa_handler;
  return true;
}

// What signal() and its kin return.
sighandler_t handler_before(int number, sighandler_t handler, uint64_t mask, uint32_t flags) {
  sighandler_t before = SIG_ERR;
  if (handler == SIG_ERR)
    errno = EINVAL;
  else
    change_handler(number, handler, mask, flags, before);
  return before;
}

sighandler_t set_bsd(int number, sighandler_t handler) {
  if (!is_captured(number)) return next_signals().signal(number, handler);
  const uint64_t mask = os::mask_of(number);
  const bool interrupts = (g_interrupting.load(std::memory_order_relaxed) & mask) != 0;
  return handler_before(number, handler, mask, interrupts ? 0 : SA_RESTART);
}

sighandler_t set_sysv(int number, sighandler_t handler) {
  if (!is_captured(number)) return next_signals().sysv_signal(number, handler);
  return handler_before(number, handler, 0,
                        static_cast<uint32_t>(SA_RESETHAND) | SA_NODEFER | SA_INTERRUPT);
}

sighandler_t handler_of(int number) {
  struct sigaction action {};
  return change_action(number, nullptr, &action) == 0 ? action.sa_handler : SIG_ERR;
}

// 4.3BSD's form, which the header has forgotten.
struct Vector {
  sighandler_t handler;
  int mask;
  int flags;
};
constexpr int kVectorOnStack = 1, kVectorInterrupts = 2, kVectorOneShot = 4;

struct sigaction from_vector(const Vector& vector) {
  struct sigaction action {};
  action.sa_handler = vector.handler;
  os::put_mask(action.sa_mask, static_cast<uint32_t>(vector.mask));
  uint32_t flags = (vector.flags & kVectorInterrupts) == 0 ? SA_RESTART : 0;
  if ((vector.flags & kVectorOnStack) != 0) flags |= SA_ONSTACK;
  if ((vector.flags & kVectorOneShot) != 0) flags |= static_cast<uint32_t>(SA_RESETHAND);
  action.sa_flags = static_cast<int>(flags);
  return action;
}

Vector to_vector(const struct sigaction& action) {
  Vector vector{action.sa_handler, static_cast<int>(os::mask_in(action.sa_mask)), 0};
  const auto flags = static_cast<uint32_t>(action.sa_flags);
  if ((flags & SA_RESTART) == 0) vector.flags |= kVectorInterrupts;
  if ((flags & SA_ONSTACK) != 0) vector.flags |= kVectorOnStack;
  if ((flags & static_cast<uint32_t>(SA_RESETHAND)) != 0) vector.flags |= kVectorOneShot;
  return vector;
}

int set_action(int number, const struct sigaction* wanted, struct sigaction* before) {
  if (!is_captured(number)) return next_signals().sigaction(number, wanted, before);
  return change_action(number, wanted, before);
}

}  // namespace

DBGTRACE_EXPORT int sigaction(int number, const struct sigaction* wanted,
                              struct sigaction* before) noexcept {
  return set_action(number, wanted, before);
}
DBGTRACE_EXPORT int __sigaction(int number, const struct sigaction* wanted,
                                struct sigaction* before) noexcept {
  return set_action(number, wanted, before);
}

DBGTRACE_EXPORT sighandler_t signal(int number, sighandler_t handler) noexcept {
  return set_bsd(number, handler);
}
DBGTRACE_EXPORT sighandler_t bsd_signal(int number, sighandler_t handler) noexcept {
  return set_bsd(number, handler);
}
DBGTRACE_EXPORT sighandler_t ssignal(int number, sighandler_t handler) noexcept {
  return set_bsd(number, handler);
}
DBGTRACE_EXPORT sighandler_t sysv_signal(int number, sighandler_t handler) noexcept {
  return set_sysv(number, handler);
}
DBGTRACE_EXPORT sighandler_t __sysv_signal(int number, sighandler_t handler) noexcept {
  return set_sysv(number, handler);
}

DBGTRACE_EXPORT sighandler_t sigset(int number, sighandler_t disposition) noexcept {
  if (!is_captured(number)) return next_signals().sigset(number, disposition);
  const uint64_t mask = os::mask_of(number);
  if (disposition == SIG_HOLD) {
    const bool held = (os::change_signal_mask(SIG_BLOCK, mask) & mask) != 0;
    return held ? SIG_HOLD : handler_of(number);
  }
  sighandler_t before;
  // The C library does not mind SIG_ERR here.
  if (!change_handler(number, disposition, 0, 0, before)) return SIG_ERR;
  const bool held = (os::change_signal_mask(SIG_UNBLOCK, mask) & mask) != 0;
  return held ? SIG_HOLD : before;
}

DBGTRACE_EXPORT int siginterrupt(int number, int interrupt) noexcept {
  if (!is_captured(number)) return next_signals().siginterrupt(number, interrupt);
  struct sigaction action {};
  if (change_action(number, nullptr, &action) != 0) return -1;
  if (interrupt != 0) {
    g_interrupting.fetch_or(os::mask_of(number), std::memory_order_relaxed);
    action.sa_flags &= ~SA_RESTART;
  } else {
    g_interrupting.fetch_and(~os::mask_of(number), std::memory_order_relaxed);
    action.sa_flags |= SA_RESTART;
  }
  return change_action(number, &action, nullptr);
}

DBGTRACE_EXPORT int sigvec(int number, const Vector* wanted, Vector* before) noexcept {
  struct sigaction action {
  }, old{};
  if (wanted != nullptr) action = from_vector(*wanted);
  if (set_action(number, wanted != nullptr ? &action : nullptr, &old) != 0) return -1;
  if (before != nullptr) *before = to_vector(old);
  return 0;
}

DBGTRACE_EXPORT int sigaltstack(const stack_t* wanted, stack_t* before) noexcept {
  return crash::change_alternate_stack(wanted, before);
}

DBGTRACE_EXPORT int sigstack(struct sigstack* wanted, struct sigstack* before) noexcept {
  stack_t stack{}, old{};
  if (wanted != nullptr) {
    stack.ss_sp = wanted->ss_sp;
    stack.ss_size = reinterpret_cast<uintptr_t>(wanted->ss_sp);
    stack.ss_flags = wanted->ss_onstack != 0 ? SS_ONSTACK : 0;
  }
  if (crash::change_alternate_stack(wanted != nullptr ? &stack : nullptr, &old) != 0) return -1;
  if (before != nullptr) *before = {old.ss_sp, (old.ss_flags & SS_ONSTACK) != 0 ? 1 : 0};
  return 0;
}
