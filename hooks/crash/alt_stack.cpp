// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/alt_stack.hpp"

#include <atomic>

#include "hooks/crash/dispositions.hpp"
#include "hooks/crash/next_signals.hpp"
#include "hooks/os/signals.hpp"
#include "hooks/process/session.hpp"
#include "hooks/process/threads.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr uint64_t kStackBytes = 64 << 10;
constexpr uint64_t kGuardBytes = 4096;
constexpr uint32_t kPooled = 1024;
constexpr uint32_t kMaxStacks = 4096;  // the kernel limits how many mappings a process may have

// The lowest byte of the thread's stack; kForeign: it has one of its own; 0: not looked at yet.
thread_local constinit uintptr_t t_stack __attribute__((tls_model("initial-exec"))) = 0;
constexpr uintptr_t kForeign = 1;

// Stacks of threads that have ended.
constinit std::atomic<uintptr_t> g_pool[kPooled] = {};
constinit std::atomic<uint32_t> g_pooled{0};
constinit std::atomic<uint32_t> g_mapped{0};

stack_t description_of(uintptr_t stack) {
  stack_t description{};
  description.ss_sp = reinterpret_cast<void*>(stack);
  description.ss_size = kStackBytes;
  return description;
}

uintptr_t from_pool() {
  if (g_pooled.load(std::memory_order_relaxed) == 0) return 0;
  for (auto& slot : g_pool) {
    if (slot.load(std::memory_order_relaxed) == 0) continue;
    if (const uintptr_t stack = slot.exchange(0, std::memory_order_acquire); stack != 0) {
      g_pooled.fetch_sub(1, std::memory_order_relaxed);
      return stack;
    }
  }
  return 0;
}

void unmap(uintptr_t stack) {
  os::raw_syscall(SYS_munmap, static_cast<long>(stack - kGuardBytes), kGuardBytes + kStackBytes);
  g_mapped.fetch_sub(1, std::memory_order_relaxed);
}

void to_pool(uintptr_t stack) {
  for (auto& slot : g_pool) {
    uintptr_t empty = 0;
    if (slot.load(std::memory_order_relaxed) != 0) continue;
    if (slot.compare_exchange_strong(empty, stack, std::memory_order_release)) {
      g_pooled.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  unmap(stack);
}

// The guard is what is left without permissions.
uintptr_t map_stack() {
  if (g_mapped.load(std::memory_order_relaxed) >= kMaxStacks) return 0;
  void* memory = os::map_memory(nullptr, kGuardBytes + kStackBytes, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (memory == nullptr) return 0;
  g_mapped.fetch_add(1, std::memory_order_relaxed);
  const uintptr_t stack = reinterpret_cast<uintptr_t>(memory) + kGuardBytes;
  if (os::raw_syscall(SYS_mprotect, static_cast<long>(stack), kStackBytes,
                      PROT_READ | PROT_WRITE) == 0) {
    return stack;
  }
  unmap(stack);
  return 0;
}

bool is_own(const stack_t& stack) {
  return t_stack > kForeign && reinterpret_cast<uintptr_t>(stack.ss_sp) == t_stack;
}

}  // namespace

void give_alternate_stack() {
  if (t_stack != 0 || !captures_crashes() || process::g_session.sandboxed()) return;
  stack_t found{};
  if (os::kernel_sigaltstack(nullptr, &found) != 0) return;
  t_stack = kForeign;
  if ((found.ss_flags & SS_DISABLE) == 0) return;
  uintptr_t stack = from_pool();
  if (stack == 0) stack = map_stack();
  if (stack == 0) return;
  const stack_t ours = description_of(stack);
  if (os::kernel_sigaltstack(&ours, nullptr) != 0) return to_pool(stack);
  t_stack = stack;
  process::watch_thread_end();
}

void take_alternate_stack_back() {
  if (t_stack <= kForeign || process::g_session.sandboxed()) return;
  stack_t found{};
  const uintptr_t stack = t_stack;
  t_stack = kForeign;
  if (os::kernel_sigaltstack(nullptr, &found) != 0) return;
  const bool in_force = reinterpret_cast<uintptr_t>(found.ss_sp) == stack;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  // Refused while the thread runs on it (it ends inside a handler): then it stays where it is.
  if (in_force && os::kernel_sigaltstack(&none, nullptr) != 0) return;
  to_pool(stack);
}

void reuse_alternate_stack(uintptr_t lowest_byte) { to_pool(lowest_byte); }

long alternate_stack_offset() {
  return reinterpret_cast<char*>(&t_stack) - static_cast<char*>(__builtin_thread_pointer());
}

int change_alternate_stack(const stack_t* wanted, stack_t* before) {
  const int result = next_signals().sigaltstack(wanted, before);
  // Only now is it known that both can be read.
  if (result != 0) return result;
  const bool disabled =
      wanted != nullptr && wanted != before && (wanted->ss_flags & SS_DISABLE) != 0;
  if (before != nullptr && is_own(*before)) {
    before->ss_sp = nullptr;
    before->ss_size = 0;
    before->ss_flags = SS_DISABLE;
  }
  if (!disabled || process::g_session.sandboxed()) return result;
  if (t_stack > kForeign) {
    const stack_t ours = description_of(t_stack);
    os::kernel_sigaltstack(&ours, nullptr);
  } else {
    t_stack = 0;
    give_alternate_stack();
  }
  return result;
}

}  // namespace dbgtrace::hooks::crash
