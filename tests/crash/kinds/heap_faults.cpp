// SPDX-License-Identifier: Apache-2.0
// Blocks that are freed twice, never were, are written past their end, or used after their end.
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kinds.hpp"

namespace {

struct Session {
  long id;
  const char* name;
  char notes[48];
};

[[gnu::noinline]] Session* open_session() {
  auto* session = static_cast<Session*>(std::malloc(sizeof(Session)));
  session->id = 7;
  session->name = "guest";
  return hidden(session);
}

[[gnu::noinline]] void close_session(Session* session) {
  std::free(session);
  stay();
}

[[gnu::noinline]] int name_length(Session* session) {
  int length = 0;
  while (session->name[length] != '\0') ++length;  // crash: use-after-free
  return length;
}

[[gnu::noinline]] int name_length_of_reused(Session* session) {
  return session->name[0] + static_cast<int>(session->id);  // crash: use-after-reuse
}

void use_after_free() {
  Session* session = open_session();
  close_session(session);
  hidden(name_length(hidden(session)));
}

// So large that the allocator gives it back to the system.
[[gnu::noinline]] char* open_image() { return hidden(static_cast<char*>(std::calloc(3, 1 << 20))); }

[[gnu::noinline]] void close_image(char* image) {
  std::free(image);
  stay();
}

[[gnu::noinline]] int brightness(const char* image) {
  return image[123456];  // crash: use-after-free-large
}

void use_after_free_large() {
  char* image = open_image();
  close_image(image);
  hidden(brightness(hidden(image)));
}

[[gnu::noinline]] void fill_image(char* image, size_t size) {
  for (size_t i = 0; i < size; ++i) image[i] = static_cast<char>(i);  // crash: heap-overflow
}

[[gnu::noinline]] void free_twice(Session* session) {
  std::free(session);
  std::free(hidden(session));  // crash: double-free
  stay();
}

[[gnu::noinline]] void free_inside(Session* session) {
  std::free(hidden(reinterpret_cast<char*>(session) + 8));  // crash: invalid-free
  stay();
}

[[gnu::noinline]] void free_behind_overrun() {
  auto* first = static_cast<char*>(std::malloc(2000));
  auto* second = static_cast<char*>(std::malloc(2000));
  auto* third = static_cast<char*>(std::malloc(2000));
  std::memset(hidden(first), 0x11, hidden(size_t{2016}));
  std::free(hidden(second));  // crash: corrupted-chunk
  std::free(hidden(third));
  std::free(first);
}

[[gnu::noinline]] void allocate_from_broken_list() {
  auto* block = static_cast<uintptr_t*>(std::malloc(2000));
  void* behind = std::malloc(64);
  std::free(block);
  uintptr_t* links = hidden(block);
  links[0] = links[1] = 0x4141'4141'4000;
  hidden(std::malloc(hidden(size_t{3000})));  // crash: inside-malloc
  hidden(behind);
}

// With a second thread the C library takes its lock.
void crash_inside_malloc() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        for (;;) pause();
      },
      nullptr);
  allocate_from_broken_list();
}

struct Handler {
  virtual ~Handler() = default;
  virtual int handle(int request) { return request + state[0]; }
  int state[40] = {};
};

// With only one, the compiler knows which function is called.
struct LoudHandler : Handler {
  int handle(int request) override { return 2 * request; }
};

[[gnu::noinline]] int ask(Handler* handler) {
  return handler->handle(7) + 1;  // crash: call-after-free
}

void call_after_free() {
  Handler* handler = hidden(1) == 1 ? hidden(new Handler) : new LoudHandler;
  delete handler;
  hidden(ask(hidden(handler)));
}

struct Node {
  Node* next;
  long value;
  char padding[200];
};

[[gnu::noinline]] long sum_of(const Node* node) {
  long sum = 0;
  for (; node != nullptr; node = node->next) sum += node->value;  // crash: list-after-free
  return sum;
}

void walk_freed_list() {
  Node* list = nullptr;
  for (int i = 0; i < 4; ++i) {
    auto* node = static_cast<Node*>(std::malloc(sizeof(Node)));
    node->next = list;
    node->value = i;
    list = hidden(node);
  }
  std::free(list->next);
  hidden(sum_of(hidden(list)));
}

// The block is somebody else's text when it is used once more.
void use_after_reuse() {
  Session* session = open_session();
  close_session(session);
  auto* text = static_cast<char*>(std::malloc(sizeof(Session)));
  std::memset(hidden(text), 'a', sizeof(Session));
  hidden(name_length_of_reused(hidden(session)));
}

// No twin of close_session(), which the compiler would fold it with.
[[gnu::noinline]] void drop(char* text) {
  static_cast<volatile char*>(text)[7] = '.';
  std::free(text);  // crash: small-overrun
  stay();
}

void overrun_small_block() {
  auto* text = static_cast<char*>(std::malloc(1100));
  auto* behind = static_cast<char*>(std::malloc(1100));
  std::memset(hidden(text), 'x', hidden(size_t{1120}));
  drop(hidden(text));
  hidden(behind);
}

}  // namespace

const Kind kHeapKinds[] = {
    {"use-after-free", use_after_free},
    {"use-after-free-large", use_after_free_large},
    {"heap-overflow", [] { fill_image(open_image(), hidden(size_t{4} << 20)); }},
    {"double-free", [] { free_twice(open_session()); }},
    {"invalid-free", [] { free_inside(open_session()); }},
    {"corrupted-chunk", free_behind_overrun},
    {"inside-malloc", crash_inside_malloc},
    {"call-after-free", call_after_free},
    {"list-after-free", walk_freed_list},
    {"use-after-reuse", use_after_reuse},
    {"small-overrun", overrun_small_block},
    {nullptr, nullptr},
};
