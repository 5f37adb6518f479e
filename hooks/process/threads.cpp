// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/threads.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include "hooks/os/files.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::process {
namespace {

// Looked up, not imported: before glibc 2.34 they lie in libpthread, which a program may do
// without.
using KeyCreate = int (*)(pthread_key_t*, void (*)(void*));
using SetSpecific = int (*)(pthread_key_t, const void*);
constinit SetSpecific g_set_specific = nullptr;
constinit pthread_key_t g_key = 0;
using OnEnd = void (*)();
constinit OnEnd g_on_end = nullptr;
constexpr pthread_key_t kKeysWithoutMemory = 32;

// value: (recording << 14 | thread) + 1, so that a forked child's thread does not end one of its
// parent.
void end_thread(void* value) {
  g_on_end();
  const uintptr_t packed = reinterpret_cast<uintptr_t>(value) - 1;
  Session& session = g_session;
  if (!session.recording_here() || packed >> 14 != session.number()) return;
  const auto index = static_cast<uint32_t>(packed & ring::kThreadMask);
  if (auto* thread = session.ledger().entry<ring::Thread>(ring::SectionKind::kThreads, index)) {
    thread->last_us = session.now_us();
    thread->flags = ring::kThreadEnded;
  }
  session.events().write(ring::EventKind::kThreadEnd, index, 0, session.now_us(), 0, 0, 0);
}

}  // namespace

void start_thread_watch(void (*on_end)()) {
  g_on_end = on_end;
  KeyCreate create = nullptr;
  SetSpecific set = nullptr;
  os::Wanted symbols[] = {{"pthread_key_create", os::place_of(create)},
                          {"pthread_setspecific", os::place_of(set)}};
  os::find_all_next(symbols);
  if (create == nullptr || set == nullptr || create(&g_key, end_thread) != 0) return;
  if (g_key < kKeysWithoutMemory) g_set_specific = set;
}

void watch_thread_end() {
  // As the value of thread 0 of recording 0, which none has; register_thread() puts its own there.
  if (g_set_specific != nullptr) g_set_specific(g_key, reinterpret_cast<void*>(1));
}

uint32_t register_thread(const ring::Ledger& ledger, uint64_t time_us, bool system_calls_allowed) {
  if (!system_calls_allowed) return 0;
  std::atomic_ref<uint32_t> used(ledger.live().threads_used);
  const uint32_t capacity = ledger.section(ring::SectionKind::kThreads).capacity;
  uint32_t index = used.load(std::memory_order_relaxed);
  do {
    if (index + 1 >= capacity) {
      ring::Ledger::add(ledger.lost().thread_table_full, 1);
      return 0;
    }
  } while (!used.compare_exchange_weak(index, index + 1, std::memory_order_relaxed));
  ++index;  // entry 0 stands for all threads without one
  auto* thread = ledger.entry<ring::Thread>(ring::SectionKind::kThreads, index);
  if (thread == nullptr) return 0;
  thread->start_us = time_us;
  os::raw_syscall(SYS_prctl, PR_GET_NAME, os::as_argument(thread->name));
  std::atomic_ref<uint32_t>(thread->tid).store(os::thread_id(), std::memory_order_release);
  if (g_set_specific != nullptr) {
    const uintptr_t packed = (uintptr_t{g_session.number()} << 14 | index) + 1;
    g_set_specific(g_key, reinterpret_cast<void*>(packed));
  }
  return index;
}

}  // namespace dbgtrace::hooks::process
