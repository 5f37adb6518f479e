// SPDX-License-Identifier: Apache-2.0
// A stack that is used up, written over, or gone.
#include <pthread.h>

#include <cstring>

#include "kinds.hpp"

namespace {

// Each of another size, or the optimizer makes one function of two.
[[gnu::noinline]] int descend(int depth) {
  volatile char frame[64];
  frame[depth % 64] = static_cast<char>(depth);  // crash: overflow-main
  const int below = descend(hidden(depth + 1));  // crash: overflow-main
  return below + frame[(depth + 1) % 64];
}

[[gnu::noinline]] int descend_far(int depth) {
  volatile char frame[256 << 10];
  frame[depth % 64] = static_cast<char>(depth);      // crash: overflow-main-huge
  const int below = descend_far(hidden(depth + 1));  // crash: overflow-main-huge
  return below + frame[(depth + 1) % 64];
}

[[gnu::noinline]] int descend_in_thread(int depth) {
  volatile char frame[80];
  frame[depth % 80] = static_cast<char>(depth);            // crash: overflow-thread
  const int below = descend_in_thread(hidden(depth + 1));  // crash: overflow-thread
  return below + frame[(depth + 1) % 80];
}

[[gnu::noinline]] int descend_far_in_thread(int depth) {
  volatile char frame[320 << 10];
  frame[depth % 80] = static_cast<char>(depth);                // crash: overflow-thread-huge
  const int below = descend_far_in_thread(hidden(depth + 1));  // crash: overflow-thread-huge
  return below + frame[(depth + 1) % 80];
}

template <int (*function)(int)>
void in_thread() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void*) -> void* { return reinterpret_cast<void*>(long{function(0)}); },
      nullptr);
  pthread_join(thread, nullptr);
}

[[gnu::noinline]] void lose_stack() {
#if defined(__x86_64__)
  asm volatile("xor %%esp, %%esp; push %%rax" ::: "memory");  // crash: null-stack
#else
  asm volatile("mov sp, xzr; str x0, [sp, #-16]!" ::: "memory");  // crash: null-stack
#endif
}

[[gnu::noinline, gnu::optimize("stack-protector-all")]] void smash(const char* text) {
  char name[16];
  char* out = hidden(&name[0]);
  for (size_t i = 0; i <= std::strlen(text); ++i) out[i] = text[i];
  stay();
}  // crash: smash

[[gnu::noinline]] void return_to_garbage(const char* text) {
  char name[16];
  char* out = hidden(&name[0]);
  std::memcpy(out, text, hidden(size_t{96}));
  stay();
}  // crash: corrupt-stack

}  // namespace

const Kind kStackKinds[] = {
    {"overflow-main", [] { hidden(descend(0)); }},
    {"overflow-main-huge", [] { hidden(descend_far(0)); }},
    {"overflow-thread", in_thread<descend_in_thread>},
    {"overflow-thread-huge", in_thread<descend_far_in_thread>},
    {"null-stack", lose_stack},
    {"smash", [] { smash("a name that is much longer than anybody thought it could be"); }},
    {"corrupt-stack",
     [] {
       char garbage[96];
       std::memset(garbage, 'A', sizeof(garbage));
       return_to_garbage(hidden(&garbage[0]));
     }},
    {nullptr, nullptr},
};
