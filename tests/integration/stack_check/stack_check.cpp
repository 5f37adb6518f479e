// SPDX-License-Identifier: Apache-2.0
// A preload library of the tests: walks the stack of every malloc, calloc and realloc of a real
// program, by the method that STACK_CHECK names, and adds one line with its counts to
// STACK_CHECK_OUT when the process ends.
//
//   compare    with a memo and without: frames, hash and end of stack must be the same
//   memo, walk, unw_backtrace, libgcc, none     the walk alone, to be timed
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include "hooks/stack/hash.hpp"
#include "hooks/stack/memo_pool.hpp"
#include "hooks/stack/memo_walk.hpp"
#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/walk.hpp"

extern "C" {
extern void* __libc_stack_end;
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
}

namespace {

namespace stack = dbgtrace::hooks::stack;

constexpr auto kCalls = stack::SystemCalls::kAllowed;

enum class Method { kUnknown, kNone, kCompare, kMemo, kWalk, kUnwBacktrace, kLibgcc };

struct Counts {
  std::atomic<uint64_t> walks{0};
  std::atomic<uint64_t> frames{0};
  std::atomic<uint64_t> with_memo{0};
  std::atomic<uint64_t> unchanged{0};
  std::atomic<uint64_t> different{0};
};

struct Thread {
  stack::StackBounds bounds;
  stack::StackMemo* memo;
  bool walking;
  bool ended;
  uint32_t walks_without_memo;
};

constinit Counts counts;
constinit stack::MemoPool pool;
constinit std::atomic<Method> method{Method::kUnknown};
using UnwBacktrace = int (*)(void**, int);
constinit UnwBacktrace unw_backtrace = nullptr;
constinit pthread_key_t key = 0;
thread_local constinit Thread thread __attribute__((tls_model("initial-exec"))) = {};

Method method_of_environment() {
  const char* name = std::getenv("STACK_CHECK");
  if (name == nullptr) return Method::kNone;
  constexpr struct {
    const char* name;
    Method method;
  } kMethods[] = {{"compare", Method::kCompare},
                  {"memo", Method::kMemo},
                  {"walk", Method::kWalk},
                  {"unw_backtrace", Method::kUnwBacktrace},
                  {"libgcc", Method::kLibgcc}};
  for (const auto& known : kMethods) {
    if (std::strcmp(name, known.name) == 0) return known.method;
  }
  return Method::kNone;
}

// Walks wait until the program's own constructors run: before that there is no getenv.
__attribute__((constructor(101))) void start() {
  thread.walking = true;
  stack::set_dl_find_object(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  stack::set_main_stack_end(reinterpret_cast<uintptr_t>(__libc_stack_end));
  pool.start(true, kCalls);
  pthread_key_create(&key, [](void*) {
    thread.ended = true;
    pool.give_back(thread.memo);
    thread.memo = nullptr;
  });
  pthread_atfork(nullptr, nullptr, [] {  // the parent tells of what it walked
    for (auto* count : {&counts.walks, &counts.frames, &counts.with_memo, &counts.unchanged})
      *count = 0;
  });
  const Method chosen = method_of_environment();
  if (chosen == Method::kUnwBacktrace) {
    void* library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) std::abort();
    unw_backtrace = reinterpret_cast<UnwBacktrace>(dlsym(library, "unw_backtrace"));
  }
  thread.walking = false;
  method.store(chosen, std::memory_order_release);
}

stack::StackMemo* memo_of_thread() {
  if (thread.memo == nullptr && !thread.ended && thread.walks_without_memo++ % 16 == 0) {
    thread.memo = pool.take(kCalls);
    if (thread.memo != nullptr) pthread_setspecific(key, &thread);
  }
  return thread.memo;
}

void report(std::span<const uintptr_t> with, std::span<const uintptr_t> without) {
  std::fprintf(stderr, "stack_check: memo %zu frames, walk %zu\n", with.size(), without.size());
  for (size_t i = 0; i < with.size() || i < without.size(); ++i) {
    std::fprintf(stderr, "  %3zu %14lx %14lx\n", i, i < with.size() ? with[i] : 0,
                 i < without.size() ? without[i] : 0);
  }
}

void add(std::atomic<uint64_t>& count, uint64_t amount) {
  count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void compare(const stack::Registers& start) {
  std::array<uintptr_t, stack::kMaxStoredFrames> with;
  std::array<uintptr_t, stack::kMaxStoredFrames> without;
  const auto walked = stack::walk(start, without, thread.bounds, kCalls);
  counts.walks.fetch_add(1, std::memory_order_relaxed);
  counts.frames.fetch_add(walked.count, std::memory_order_relaxed);
  stack::StackMemo* memo = memo_of_thread();
  if (memo == nullptr) return;
  uint32_t count = 0;
  bool same = false;
  {
    const uint32_t known = memo->noted_value(start, thread.bounds, kCalls, 1);
    const uint64_t hash =
        stack::stack_hash(std::span(without).first(walked.count),
                          [](uintptr_t pc) { return stack::loaded_code.generation_of(pc); });
    const auto id = static_cast<uint32_t>(hash) | 1;
    // Every other time the memo goes where the stack is, else only the words are compared.
    if (known == id && counts.walks.load() % 2 == 0) {
      counts.unchanged.fetch_add(1, std::memory_order_relaxed);
      counts.with_memo.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    stack::MemoWalk walk(*memo, start, thread.bounds, kCalls);
    if (walk.ok()) {
      count = walk.count();
      walk.copy_pcs(with);
      same = walk.hash() == hash && walk.end() == walked.end && walked.omitted == 0 &&
             count == walked.count &&
             std::memcmp(with.data(), without.data(), count * sizeof(uintptr_t)) == 0;
      if (known != 0) counts.unchanged.fetch_add(1, std::memory_order_relaxed);
      const stack::MemoNote note = walk.note_with(1);
      same = same && (known == 0 || known == id) && (note.tag == 0 || note.value == id);
      if (walk.intact())
        walk.remember({1, id}, 0);
      else
        count = 0;
    }
  }
  if (memo->wants_room()) pool.grow(*memo);
  if (count == 0) return;
  counts.with_memo.fetch_add(1, std::memory_order_relaxed);
  if (same) return;
  if (counts.different.fetch_add(1, std::memory_order_relaxed) < 3) {
    report(std::span(with).first(count), std::span(without).first(walked.count));
  }
}

void walk_without_memo(const stack::Registers& start) {
  std::array<uintptr_t, stack::kMaxStoredFrames> pcs;
  add(counts.frames, stack::walk(start, pcs, thread.bounds, kCalls).count);
}

void walk_with_memo(const stack::Registers& start) {
  if (stack::StackMemo* memo = memo_of_thread()) {
    {
      const stack::MemoWalk walk(*memo, start, thread.bounds, kCalls);
      if (walk.ok()) return add(counts.frames, walk.count());
    }
    if (memo->wants_room()) pool.grow(*memo);
  }
  walk_without_memo(start);
}

void walk_with_libgcc() {
  uint64_t frames = 0;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* into) {
        *static_cast<uint64_t*>(into) += _Unwind_GetIP(context) != 0 ? 1 : 0;
        return _URC_NO_REASON;
      },
      &frames);
  add(counts.frames, frames);
}

[[gnu::noinline]] void walk_by(Method chosen, const stack::Registers& start) {
  if (thread.walking) return;
  thread.walking = true;
  if (chosen != Method::kCompare) add(counts.walks, 1);
  switch (chosen) {
    case Method::kCompare:
      compare(start);
      break;
    case Method::kMemo:
      walk_with_memo(start);
      break;
    case Method::kWalk:
      walk_without_memo(start);
      break;
    case Method::kUnwBacktrace: {
      void* pcs[256];
      add(counts.frames, static_cast<uint64_t>(unw_backtrace(pcs, 256)));
      break;
    }
    case Method::kLibgcc:
      walk_with_libgcc();
      break;
    case Method::kUnknown:
    case Method::kNone:
      break;
  }
  thread.walking = false;
}

inline void look(const void* frame) {
  const Method chosen = method.load(std::memory_order_relaxed);
  if (chosen > Method::kNone) walk_by(chosen, stack::from_frame(frame));
}

__attribute__((destructor)) void finish() {
  const char* path = std::getenv("STACK_CHECK_OUT");
  if (path == nullptr) return;
  thread.walking = true;
  char line[256];
  const int length = std::snprintf(
      line, sizeof line, "walks %lu frames %lu with_memo %lu unchanged %lu different %lu\n",
      counts.walks.load(), counts.frames.load(), counts.with_memo.load(), counts.unchanged.load(),
      counts.different.load());
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line, static_cast<size_t>(length)) != length) std::abort();
  close(fd);
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] void* malloc(size_t size) {
  look(__builtin_frame_address(0));
  return __libc_malloc(size);
}

[[gnu::visibility("default")]] void* calloc(size_t count, size_t size) {
  look(__builtin_frame_address(0));
  return __libc_calloc(count, size);
}

[[gnu::visibility("default")]] void* realloc(void* block, size_t size) {
  look(__builtin_frame_address(0));
  return __libc_realloc(block, size);
}

// The memos of threads go with the code that they know.
[[gnu::visibility("default")]] int dlclose(void* handle) {
  static const auto next = reinterpret_cast<int (*)(void*)>(dlsym(RTLD_NEXT, "dlclose"));
  const int result = next(handle);
  stack::loaded_code.doubt();
  return result;
}
}
