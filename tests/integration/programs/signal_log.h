// SPDX-License-Identifier: Apache-2.0
// What the victims share that ask about signal actions: the signals, handlers that say what they
// were given, and a log that names no address, so that it is the same on every run.
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "victim.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-function"

// Where nothing is ever mapped.
static volatile uintptr_t unreachable __attribute__((unused)) = 8;

// One of those that nobody cares for, for comparison, and the deadly ones.
static const int kSignals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
enum { kSignalCount = sizeof kSignals / sizeof kSignals[0] };

static const char* name_of_signal(int number) {
  static char other[8][16];
  static int used;
  const char* short_name = sigabbrev_np(number);
  if (short_name != NULL) return short_name;
  char* name = other[used++ % 8];
  snprintf(name, sizeof other[0], "%d", number);
  return name;
}

// ---- Handlers: each says what it was given ----

static volatile int quiet, handled;
static void* volatile plain_return_address;  // of a handler of SIGUSR1
static volatile long frame_distance;         // from a handler's frame to the context, SIGUSR1
static char* alternate_stack;
static const size_t kAlternateBytes = 128 << 10;

static bool on_alternate_stack(const void* address) {
  return alternate_stack != NULL &&
         (uintptr_t)address - (uintptr_t)alternate_stack < kAlternateBytes;
}

static void say_mask(const char* what, const sigset_t* set) {
  char line[400];
  int length = 0;
  for (int i = 1; i < 65; ++i) {
    if (sigismember(set, i) == 1) {
      length += snprintf(line + length, sizeof line - length, " %s", name_of_signal(i));
    }
  }
  line[length] = 0;
  say("  %s:%s\n", what, length == 0 ? " none" : line);
}

static void say_current_mask(const char* what) {
  sigset_t mask;
  REQUIRE(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  say_mask(what, &mask);
}

__attribute__((noinline)) static void on_plain(int number) {
  ++handled;
  if (quiet) return;
  char here;
  if (number == SIGUSR1 && plain_return_address == NULL) {
    plain_return_address = __builtin_return_address(0);
  }
  say("  plain handler of %s, %s stack, %s return\n", name_of_signal(number),
      on_alternate_stack(&here) ? "alternate" : "own",
      __builtin_return_address(0) == plain_return_address ? "usual" : "other");
  say_current_mask("inside");
}

__attribute__((noinline)) static void on_info(int number, siginfo_t* info, void* raw_context) {
  ++handled;
  if (quiet) return;
  char here;
  const ucontext_t* context = (const ucontext_t*)raw_context;
  const long distance = (const char*)raw_context - (const char*)__builtin_frame_address(0);
  if (number == SIGUSR1 && frame_distance == 0) frame_distance = distance;
  say("  info handler of %s, %s stack, %s return, frame %s, info %s %d from %s\n",
      name_of_signal(number), on_alternate_stack(&here) ? "alternate" : "own",
      __builtin_return_address(0) == plain_return_address ? "usual" : "other",
      distance == frame_distance ? "usual" : "other", name_of_signal(info->si_signo), info->si_code,
      info->si_code > 0          ? "the kernel"
      : info->si_pid == getpid() ? "itself"
                                 : "another");
  say_current_mask("inside");
  say_mask("outside", &context->uc_sigmask);
}

static void on_other(int number) { (void)number; }

static const char* name_of_handler(const struct sigaction* action) {
  if (action->sa_handler == SIG_DFL) return "default";
  if (action->sa_handler == SIG_IGN) return "ignored";
  if (action->sa_handler == SIG_HOLD) return "held";
  if (action->sa_handler == SIG_ERR) return "error";
  if (action->sa_handler == on_plain) return "plain";
  if (action->sa_sigaction == on_info) return "info";
  if (action->sa_handler == on_other) return "other";
  return "UNKNOWN";
}

static void say_action(const char* what, const struct sigaction* action) {
  say("  %s: %s flags %#x%s\n", what, name_of_handler(action), (unsigned)action->sa_flags,
      action->sa_restorer != NULL ? " restorer" : "");
  if (!sigisemptyset(&action->sa_mask)) say_mask("its mask", &action->sa_mask);
}

static void say_handler(const char* what, sighandler_t handler) {
  struct sigaction action = {0};
  action.sa_handler = handler;
  const int saved = errno;
  say("  %s: %s", what, name_of_handler(&action));
  if (handler == SIG_ERR) say(" errno %d", saved);
  say("\n");
}

static void say_now(int number) {
  struct sigaction action;
  memset(&action, 0x5a, sizeof action);
  sigemptyset(&action.sa_mask);
  REQUIRE(sigaction(number, NULL, &action) == 0);
  say_action("now", &action);
}

static void reset(int number) {
  struct sigaction action = {0};
  REQUIRE(sigaction(number, &action, NULL) == 0);
}

static void deliver(int number) {
  const int before = handled;
  REQUIRE(raise(number) == 0);
  say("  delivered %d\n", handled - before);
}

struct chapter {
  const char* title;
  void (*run)(void);
};

// Ends with a chapter without a title.
static void tell(const struct chapter* chapter) {
  for (; chapter->title != NULL; ++chapter) {
    say("== %s\n", chapter->title);
    chapter->run();
  }
  say("== the end\n");
}
