// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/thread_start.hpp"

#include <errno.h>

#include <atomic>

#include "hooks/crash/alt_stack.hpp"
#include "hooks/crash/dispositions.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/session.hpp"

extern "C" __attribute__((visibility("hidden"))) void* dbgtrace_thread_start(void* start);

namespace dbgtrace::hooks::crash {
namespace {

// What a new thread is to run, from the call until it does.
struct Start {
  std::atomic<bool> taken{false};
  ThreadFunction function = nullptr;
  void* argument = nullptr;
};
constexpr uint32_t kStarts = 256;
constinit Start g_starts[kStarts];
constinit std::atomic<uint32_t> g_hint{0};

using Create = int (*)(pthread_t*, const pthread_attr_t*, ThreadFunction, void*);
constinit std::atomic<Create> g_next{nullptr};

// Looked up until found: before glibc 2.34 it lies in libpthread, which may be loaded late.
Create next_create() {
  if (const Create known = g_next.load(std::memory_order_relaxed); known != nullptr) return known;
  const auto found = reinterpret_cast<Create>(os::find_next("pthread_create"));
  g_next.store(found, std::memory_order_relaxed);
  return found;
}

Start* take_start() {
  const uint32_t first = g_hint.fetch_add(1, std::memory_order_relaxed);
  for (uint32_t i = 0; i < kStarts; ++i) {
    Start& start = g_starts[(first + i) % kStarts];
    if (start.taken.load(std::memory_order_relaxed)) continue;
    if (!start.taken.exchange(true, std::memory_order_acquire)) return &start;
  }
  return nullptr;
}

}  // namespace

int create_thread(pthread_t* thread, const pthread_attr_t* attributes, ThreadFunction function,
                  void* argument) {
  const Create next = next_create();
  if (next == nullptr) return EAGAIN;
  const bool wanted = captures_crashes() && !process::g_session.sandboxed();
  Start* start = wanted ? take_start() : nullptr;
  if (start == nullptr) return next(thread, attributes, function, argument);
  start->function = function;
  start->argument = argument;
  const int result = next(thread, attributes, dbgtrace_thread_start, start);
  if (result != 0) start->taken.store(false, std::memory_order_release);
  return result;
}

// What the new thread is to call and with what, in the two registers of a returned pair.
struct Call {
  ThreadFunction function;
  void* argument;
};
extern "C" __attribute__((visibility("hidden"), used)) Call dbgtrace_begin_thread(Start* start) {
  const Call call{start->function, start->argument};
  start->taken.store(false, std::memory_order_release);
  give_alternate_stack();
  return call;
}

}  // namespace dbgtrace::hooks::crash

#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl dbgtrace_thread_start\n"
    ".hidden dbgtrace_thread_start\n"
    ".type dbgtrace_thread_start, @function\n"
    "dbgtrace_thread_start:\n"
    ".cfi_startproc\n"
    "  .byte 0xf3, 0x0f, 0x1e, 0xfa\n"  // endbr64
    "  sub $8, %rsp\n  .cfi_adjust_cfa_offset 8\n"
    "  call dbgtrace_begin_thread\n"
    "  add $8, %rsp\n  .cfi_adjust_cfa_offset -8\n"
    "  mov %rdx, %rdi\n"
    "  jmp *%rax\n"
    ".cfi_endproc\n"
    ".size dbgtrace_thread_start, . - dbgtrace_thread_start\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl dbgtrace_thread_start\n"
    ".hidden dbgtrace_thread_start\n"
    ".type dbgtrace_thread_start, %function\n"
    "dbgtrace_thread_start:\n"
    ".cfi_startproc\n"
    "  hint #34\n"  // bti c
    "  stp x29, x30, [sp, #-16]!\n"
    "  .cfi_def_cfa_offset 16\n  .cfi_offset 29, -16\n  .cfi_offset 30, -8\n"
    "  mov x29, sp\n"
    "  bl dbgtrace_begin_thread\n"
    "  mov x16, x0\n"
    "  mov x0, x1\n"
    "  ldp x29, x30, [sp], #16\n"
    "  .cfi_def_cfa_offset 0\n  .cfi_restore 29\n  .cfi_restore 30\n"
    "  br x16\n"
    ".cfi_endproc\n"
    ".size dbgtrace_thread_start, . - dbgtrace_thread_start\n");
#endif
