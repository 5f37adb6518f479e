// SPDX-License-Identifier: Apache-2.0
// Ends that the program, or a library on its behalf, chose itself.
#include <signal.h>
#include <unistd.h>

#include <cassert>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "kinds.hpp"

// What -ftrapv has the compiler call.
extern "C" int __addvsi3(int a, int b);

// Not local: the compiler may not know every shape.
struct Shape {
  Shape() { describe(); }
  virtual ~Shape() = default;
  [[gnu::noinline]] void describe() {
    hidden(this)->draw();  // crash: pure-virtual
    stay();
  }
  virtual void draw() = 0;
};
struct Circle : Shape {
  void draw() override {}
};

namespace {

[[gnu::noinline]] void overflow_fortified(const char* text) {
  char name[8] = "";
  __builtin___strcpy_chk(hidden(&name[0]), text, sizeof(name));  // crash: fortify
  hidden(&name[0]);
}

[[gnu::noinline]] void check_balance(int balance) {
  assert(balance >= 0 && "an account is never in debt");  // crash: assert
  stay();
}

[[gnu::noinline]] void give_up() {
  std::abort();  // crash: abort
}

[[gnu::noinline]] void give_up_with_words() {
  std::fputs("fatal: the ledger does not balance\n", stderr);
  std::abort();  // crash: abort-with-message
}

[[gnu::noinline]] void parse(const char* text) {
  if (hidden(text)[0] != '{') throw std::invalid_argument("expected '{'");  // crash: exception
}

[[gnu::noinline]] void throw_number() {
  if (hidden(1) == 1) throw 42;  // crash: exception-no-what
}

[[gnu::noinline]] void close_quietly() noexcept {
  if (hidden(1) == 1) throw std::runtime_error("cannot flush");  // crash: noexcept
}

[[gnu::noinline]] void allocate_too_much() {
  auto* block = new char[hidden(size_t{1} << 46)];  // crash: bad-alloc
  hidden(block);
}

[[gnu::noinline]] void stop_oneself() {
  kill(getpid(), SIGSEGV);  // crash: sent-by-user
  pause();
}

[[gnu::noinline]] int add_checked(int a, int b) {
  return hidden(__addvsi3(a, b));  // crash: checked-overflow
}

[[gnu::noinline]] void forget_to_join() {
  const std::thread thread([] { pause(); });
  hidden(&thread);
  usleep(10'000);
}  // crash: unjoined-thread

[[gnu::noinline]] void wait_for_child() {
  if (fork() == 0) {  // crash: sent-by-child
    kill(getppid(), SIGABRT);
    _exit(0);
  }
  for (;;) pause();  // crash: sent-by-child
}

}  // namespace

const Kind kAbortKinds[] = {
    {"fortify", [] { overflow_fortified(hidden("a text that is too long")); }},
    {"assert", [] { check_balance(hidden(-5)); }},
    {"abort", give_up},
    {"abort-with-message", give_up_with_words},
    {"exception", [] { parse("[1, 2]"); }},
    {"exception-no-what", throw_number},
    {"noexcept", close_quietly},
    {"pure-virtual", [] { hidden(new Circle); }},
    {"bad-alloc", allocate_too_much},
    {"sent-by-user", stop_oneself},
    {"checked-overflow", [] { hidden(add_checked(hidden(0x7fff'ffff), hidden(1))); }},
    {"unjoined-thread", forget_to_join},
    {"sent-by-child", wait_for_child},
    {nullptr, nullptr},
};
