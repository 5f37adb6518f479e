// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/stack_bounds.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

using namespace dbgtrace::hooks::stack;

extern "C" void* __libc_stack_end;

namespace {

StackBounds of_a_new_thread() {
  set_main_stack_end(reinterpret_cast<uintptr_t>(__libc_stack_end));
  return {};
}

uintptr_t here() { return reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); }

// Two readable pages, then one that is not.
struct ForeignStack {
  static constexpr size_t kReadable = 2 * kPageBytes;
  uintptr_t base = reinterpret_cast<uintptr_t>(mmap(
      nullptr, kReadable + kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ForeignStack() { mprotect(reinterpret_cast<void*>(base + kReadable), kPageBytes, PROT_NONE); }
  ~ForeignStack() { munmap(reinterpret_cast<void*>(base), kReadable + kPageBytes); }
  uintptr_t end() const { return base + kReadable; }
};

}  // namespace

TEST_CASE("a probe tells readable memory from the rest and leaves errno alone") {
  errno = 12345;
  const ForeignStack memory;
  CHECK(readable(memory.base));
  CHECK(readable(memory.end() - 8));
  CHECK_FALSE(readable(memory.end()));
  CHECK_FALSE(readable(0));
  CHECK_FALSE(readable(uintptr_t{1} << 63));
  CHECK(errno == 12345);
}

TEST_CASE("a thread's own stack is proven up to its control block and remembered") {
  std::thread([] {
    StackBounds bounds = of_a_new_thread();
    StackView view(bounds, SystemCalls::kAllowed);
    view.enter(here());
    CHECK(bounds.low == page_of(here()));
    CHECK(bounds.high == static_cast<uintptr_t>(pthread_self()));
    uintptr_t word;
    CHECK(view.read(bounds.high - 8, word));
    CHECK_FALSE(view.read(bounds.high, word));
    CHECK_FALSE(view.read(bounds.high - 4, word));
  }).join();
}

TEST_CASE("the main thread's stack ends where the process began") {
  StackBounds bounds = of_a_new_thread();
  StackView view(bounds, SystemCalls::kAllowed);
  view.enter(here());
  CHECK(bounds.high == reinterpret_cast<uintptr_t>(__libc_stack_end));
}

TEST_CASE("a deeper call moves the proven range down, a shallower one leaves it") {
  StackBounds bounds = of_a_new_thread();
  StackView view(bounds, SystemCalls::kAllowed);
  const uintptr_t sp = here();
  view.enter(sp);
  const uintptr_t top = bounds.high;
  volatile char deep[40'000];
  for (size_t i = 0; i < sizeof deep; i += 1024) deep[i] = 1;
  view.enter(reinterpret_cast<uintptr_t>(deep));
  CHECK(bounds.low <= reinterpret_cast<uintptr_t>(deep));
  CHECK(bounds.high == top);
  const uintptr_t lowest = bounds.low;
  view.enter(sp);
  CHECK(bounds.low == lowest);
}

TEST_CASE("a foreign stack is read to its last readable word and not remembered") {
  StackBounds bounds = of_a_new_thread();
  StackView own(bounds, SystemCalls::kAllowed);
  own.enter(here());
  const StackBounds before = bounds;
  const ForeignStack memory;
  StackView view(bounds, SystemCalls::kAllowed);
  view.enter(memory.base + 64);
  uintptr_t word = 1;
  CHECK(view.read(memory.base + 64, word));
  CHECK(word == 0);
  CHECK(view.read(memory.end() - 8, word));
  CHECK_FALSE(view.read(memory.end(), word));
  CHECK_FALSE(view.read(memory.end() - 4, word));
  const volatile uintptr_t nowhere = 8;
  CHECK_FALSE(view.read(nowhere, word));
  CHECK(bounds.low == before.low);
  CHECK(bounds.high == before.high);
}

TEST_CASE("in a sandbox nothing is read of a stack that is not known") {
  StackBounds bounds = of_a_new_thread();
  const ForeignStack memory;
  StackView view(bounds, SystemCalls::kForbidden);
  view.enter(memory.base + 64);
  uintptr_t word = 0;
  CHECK_FALSE(view.read(memory.base + 64, word));
}

TEST_CASE("in a sandbox the running stack is read as long as the walk is trusted") {
  volatile char above[8 * kPageBytes];
  above[0] = 1;
  above[sizeof above - 1] = 1;
  const uintptr_t inside = (reinterpret_cast<uintptr_t>(above) + 4 * kPageBytes) & ~uintptr_t{7};
  StackBounds bounds = of_a_new_thread();
  StackView view(bounds, SystemCalls::kForbidden);
  view.enter(here());
  uintptr_t word;
  CHECK(view.read(inside + 2 * kPageBytes, word));
  view.distrust();
  CHECK_FALSE(view.read(inside + 2 * kPageBytes, word));
}

TEST_CASE("in a sandbox what was proven before stays readable") {
  StackBounds bounds = of_a_new_thread();
  StackView before(bounds, SystemCalls::kAllowed);
  before.enter(here());
  StackView view(bounds, SystemCalls::kForbidden);
  view.enter(here());
  view.distrust();
  uintptr_t word;
  CHECK(view.read((bounds.high & ~uintptr_t{7}) - 8, word));
}
