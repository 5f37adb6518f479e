// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/dispositions.hpp"

#include <atomic>

#include "hooks/crash/action_pool.hpp"
#include "hooks/crash/next_signals.hpp"
#include "hooks/os/signals.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
constexpr uint64_t kCrashMask = os::mask_of(SIGSEGV) | os::mask_of(SIGBUS) | os::mask_of(SIGFPE) |
                                os::mask_of(SIGILL) | os::mask_of(SIGTRAP) | os::mask_of(SIGABRT) |
                                os::mask_of(SIGSYS);

constinit std::atomic<Capture> g_capture{Capture::kNone};
constinit std::atomic<bool> g_sandboxed{false};

constexpr uint32_t kOneShot = static_cast<uint32_t>(SA_RESETHAND);
constexpr uint32_t kRestorer = SA_RESTORER;
constexpr uint32_t kForDefault = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
constexpr uint32_t kHiddenFlags = kForDefault | kOneShot;

uint32_t hide(uint32_t flags) {
  return ((flags & SA_SIGINFO) != 0 ? kHasSiginfo : 0) |
         ((flags & SA_ONSTACK) != 0 ? kHasOnStack : 0) |
         ((flags & SA_NODEFER) != 0 ? kHasNoDefer : 0) |
         ((flags & kOneShot) != 0 ? kHasResetHand : 0);
}

uint32_t unhide(uint32_t hidden) {
  return ((hidden & kHasSiginfo) != 0 ? uint32_t{SA_SIGINFO} : 0) |
         ((hidden & kHasOnStack) != 0 ? uint32_t{SA_ONSTACK} : 0) |
         ((hidden & kHasNoDefer) != 0 ? uint32_t{SA_NODEFER} : 0) |
         ((hidden & kHasResetHand) != 0 ? kOneShot : 0);
}

uint32_t flags_for_default(uint32_t flags) {
  const uint32_t one_shot = g_sandboxed.load(std::memory_order_relaxed) ? kOneShot : 0;
  return ((flags & ~kHiddenFlags) | kForDefault | one_shot);
}

// An action of the program's as the kernel shall have it. untouched: no call ever set it.
struct Slot {
  uintptr_t handler;
  uint32_t flags;
};
Slot to_kernel(Slot slot, uint32_t untouched = 0) {
  const auto ignore = reinterpret_cast<uintptr_t>(SIG_IGN);
  Action given{};
  // One of ours comes back if the program has read the kernel's slot by itself.
  if (slot.handler == ignore || find_action(slot.handler, given)) return slot;
  const uintptr_t stub = stub_for({slot.handler, hide(slot.flags) | untouched});
  if (stub == 0) return slot;
  if (slot.handler == 0) return {stub, flags_for_default(slot.flags)};
  // A one-shot action leaves its flags behind in the slot, so nothing may be added to them.
  return {stub, (slot.flags & kOneShot) != 0 ? slot.flags : slot.flags | SA_SIGINFO};
}

void to_program(struct sigaction& action) {
  Action own{};
  if (!find_action(reinterpret_cast<uintptr_t>(action.sa_handler), own)) return;
  action.sa_handler = reinterpret_cast<sighandler_t>(own.handler);
  uint32_t flags = (static_cast<uint32_t>(action.sa_flags) & ~kHiddenFlags) | unhide(own.hidden);
  if ((own.hidden & kUntouched) != 0) {
    flags &= ~kRestorer;
    action.sa_restorer = nullptr;
  }
  action.sa_flags = static_cast<int>(flags);
}

// Where the default action is in force, and really the default one. What somebody else has set by a
// bare system call stays.
void adopt_default(int signal) {
  os::KernelAction found{};
  if (os::kernel_sigaction(signal, nullptr, &found) != 0 || found.handler != 0) return;
  const bool untouched = (found.flags & kRestorer) == 0 && found.restorer == 0;
  const Slot slot = to_kernel({0, static_cast<uint32_t>(found.flags)}, untouched ? kUntouched : 0);
  struct sigaction ours {};
  ours.sa_handler = reinterpret_cast<sighandler_t>(slot.handler);
  ours.sa_flags = static_cast<int>(slot.flags);
  os::put_mask(ours.sa_mask, found.mask);
  next_signals().sigaction(signal, &ours, nullptr);
}

// A handler that the program has set before we came. Its restorer and its mask stay.
void adopt_handler(int signal) {
  os::KernelAction found{};
  if (os::kernel_sigaction(signal, nullptr, &found) != 0 || found.handler == 0) return;
  const Slot slot = to_kernel({found.handler, static_cast<uint32_t>(found.flags)});
  if (slot.handler == found.handler) return;
  os::KernelAction ours = found;
  ours.handler = slot.handler;
  ours.flags = slot.flags;
  os::kernel_sigaction(signal, &ours, nullptr);
}

// Puts wanted into the slot if it holds handler. The kernel has no compare-and-swap: what another
// thread put there in between is given back, and what a third one put there meanwhile, as well.
void replace_if(int signal, uintptr_t handler, const os::KernelAction& wanted) {
  constexpr int kRetries = 8;
  os::KernelAction last = wanted, found{};
  if (os::kernel_sigaction(signal, &last, &found) != 0) return;
  uintptr_t expected = handler;
  for (int i = 0; i < kRetries && found.handler != expected; ++i) {
    expected = last.handler;
    last = found;
    if (os::kernel_sigaction(signal, &last, &found) != 0) return;
  }
}

}  // namespace

void start_dispositions() {
  const process::Session& session = process::g_session;
  if (session.off() || session.restricted() || next_signals().sigaction == nullptr) return;
  const Capture capture = session.options().crash ? Capture::kCrashes : Capture::kOwnFaults;
  g_capture.store(capture, std::memory_order_release);
  for (const int signal : kSignals) {
    if (is_captured(signal)) adopt_default(signal);
  }
}

void attach_dispositions() {
  start_dispositions();
  for (const int signal : kSignals) {
    if (is_captured(signal)) adopt_handler(signal);
  }
}

void detach_dispositions() {
  for (const int signal : kSignals) {
    os::KernelAction found{};
    Action own{};
    if (!is_captured(signal) || os::kernel_sigaction(signal, nullptr, &found) != 0) continue;
    if (!find_action(found.handler, own)) continue;
    os::KernelAction given = found;
    given.handler = own.handler;
    given.flags = (static_cast<uint32_t>(found.flags) & ~kHiddenFlags) | unhide(own.hidden);
    if ((own.hidden & kUntouched) != 0) {
      given.flags &= ~static_cast<unsigned long>(kRestorer);
      given.restorer = 0;
    }
    replace_if(signal, found.handler, given);
  }
  g_capture.store(Capture::kNone, std::memory_order_release);
}

bool is_captured(int signal) {
  if (signal < 1 || signal > 64) return false;
  const Capture capture = g_capture.load(std::memory_order_acquire);
  if (capture == Capture::kCrashes) return (kCrashMask & os::mask_of(signal)) != 0;
  return capture == Capture::kOwnFaults && signal == SIGBUS;
}

bool captures_crashes() { return g_capture.load(std::memory_order_acquire) == Capture::kCrashes; }

int change_action(int signal, const struct sigaction* wanted, struct sigaction* before) {
  struct sigaction ours;
  const struct sigaction* given = wanted;
  if (wanted != nullptr) {
    ours = *wanted;
    const Slot slot = to_kernel(
        {reinterpret_cast<uintptr_t>(wanted->sa_handler), static_cast<uint32_t>(wanted->sa_flags)});
    ours.sa_handler = reinterpret_cast<sighandler_t>(slot.handler);
    ours.sa_flags = static_cast<int>(slot.flags);
    given = &ours;
  }
  const int result = next_signals().sigaction(signal, given, before);
  // In place, since the C library writes a part of the structure only.
  if (result == 0 && before != nullptr) to_program(*before);
  return result;
}

void watch_after_one_shot(int signal) {
  os::KernelAction found{};
  if (os::kernel_sigaction(signal, nullptr, &found) != 0 || found.handler != 0) return;
  const Slot slot = to_kernel({0, static_cast<uint32_t>(found.flags)});
  os::KernelAction ours = found;
  ours.handler = slot.handler;
  ours.flags = slot.flags;
  replace_if(signal, 0, ours);
}

void restore_one_shot(int signal, uint32_t stub_number) {
  os::KernelAction found{};
  if (os::kernel_sigaction(signal, nullptr, &found) != 0 || found.handler != 0) return;
  os::KernelAction ours = found;
  ours.handler = stub_for(action_at(stub_number));
  replace_if(signal, 0, ours);
}

void prepare_for_sandbox() {
  g_sandboxed.store(true, std::memory_order_relaxed);
  for (const int signal : kSignals) {
    os::KernelAction found{};
    Action own{};
    if (!is_captured(signal) || os::kernel_sigaction(signal, nullptr, &found) != 0) continue;
    if (!find_action(found.handler, own) || own.handler != 0) continue;
    os::KernelAction one_shot = found;
    one_shot.flags |= kOneShot;
    replace_if(signal, found.handler, one_shot);
  }
}

}  // namespace dbgtrace::hooks::crash
