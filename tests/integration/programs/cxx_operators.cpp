// SPDX-License-Identifier: Apache-2.0
// Leaks 20 blocks of a size of its own by each form of operator new and frees as many of the next
// size by each form of operator delete. argv[1]: `throw` asks for more
// than there is, from a function whose caller catches; `replaced` says how often the program's own
// operator new ran (built with OWN_OPERATORS).
#include <cstdlib>
#include <new>

#include "victim.h"

namespace {

int own_calls = 0;
constexpr int kBlocks = 20;
constexpr std::align_val_t kAligned{256};

// step: to the size of the blocks that are freed. libstdc++ rounds an aligned one up itself.
template <typename New, typename Delete>
void use(size_t size_bytes, New make, Delete take_back, size_t step_bytes = 1) {
  for (int i = 0; i < kBlocks; ++i) {
    victim_sink = make(size_bytes);
    REQUIRE(victim_sink != nullptr);
    memset(victim_sink, 1, size_bytes);
    void* block = make(size_bytes + step_bytes);
    REQUIRE(block != nullptr);
    take_back(block, size_bytes + step_bytes);
  }
}

void use_plain() {
  use(
      7001, [](size_t n) { return operator new(n); }, [](void* p, size_t) { operator delete(p); });
  use(
      7011, [](size_t n) { return operator new[](n); },
      [](void* p, size_t) { operator delete[](p); });
  use(
      7021, [](size_t n) { return operator new(n); },
      [](void* p, size_t n) { operator delete(p, n); });
  use(
      7031, [](size_t n) { return operator new[](n); },
      [](void* p, size_t n) { operator delete[](p, n); });
  use(
      7041, [](size_t n) { return operator new(n, std::nothrow); },
      [](void* p, size_t) { operator delete(p, std::nothrow); });
  use(
      7051, [](size_t n) { return operator new[](n, std::nothrow); },
      [](void* p, size_t) { operator delete[](p, std::nothrow); });
}

void use_aligned() {
  use(
      8192, [](size_t n) { return operator new(n, kAligned); },
      [](void* p, size_t) { operator delete(p, kAligned); }, 256);
  use(
      8704, [](size_t n) { return operator new[](n, kAligned); },
      [](void* p, size_t) { operator delete[](p, kAligned); }, 256);
  use(
      9216, [](size_t n) { return operator new(n, kAligned); },
      [](void* p, size_t n) { operator delete(p, n, kAligned); }, 256);
  use(
      9728, [](size_t n) { return operator new[](n, kAligned); },
      [](void* p, size_t n) { operator delete[](p, n, kAligned); }, 256);
  use(
      10240, [](size_t n) { return operator new(n, kAligned, std::nothrow); },
      [](void* p, size_t) { operator delete(p, kAligned, std::nothrow); }, 256);
  use(
      10752, [](size_t n) { return operator new[](n, kAligned, std::nothrow); },
      [](void* p, size_t) { operator delete[](p, kAligned, std::nothrow); }, 256);
  REQUIRE(reinterpret_cast<uintptr_t>(victim_sink) % static_cast<size_t>(kAligned) == 0);
}

struct Counted {
  explicit Counted(int& ends) : ends_(ends) {}
  ~Counted() { ++ends_; }
  int& ends_;
};

__attribute__((noinline)) void ask_for_too_much(int& ends, size_t size_bytes) {
  const Counted counted(ends);
  victim_sink = operator new(size_bytes);
}

void expect_bad_alloc() {
  int caught = 0, ends = 0;
  for (int i = 0; i < 100; ++i) {
    try {
      ask_for_too_much(ends, PTRDIFF_MAX - 4096);
    } catch (const std::bad_alloc&) {
      ++caught;
    }
  }
  REQUIRE(operator new(PTRDIFF_MAX - 4096, std::nothrow) == nullptr);
  say("caught %d, unwound %d\n", caught, ends);
}

}  // namespace

#ifdef OWN_OPERATORS
void* operator new(size_t size_bytes) {
  ++own_calls;
  void* block = malloc(size_bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { free(block); }
void operator delete(void* block, size_t) noexcept { free(block); }
#endif

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  use_plain();
  use_aligned();
  if (strcmp(how, "throw") == 0) expect_bad_alloc();
  if (strcmp(how, "replaced") == 0) say("%d by our own\n", own_calls);
  say("done\n");
  return 0;
}
