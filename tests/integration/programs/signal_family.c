// SPDX-License-Identifier: Apache-2.0
// Misdeed: asks everything that one thread can ask about signal actions, and compares the answers
// with what it has set: all functions of the family, flags, masks, alternate stacks, one-shot
// handlers, signals from another process.
#include <sys/wait.h>

#include "signal_log.h"

static void untouched(void) {
  for (int i = 1; i < 65; ++i) {
    struct sigaction action;
    memset(&action, 0x5a, sizeof action);
    const int result = sigaction(i, NULL, &action);
    if (result != 0) {
      say("%s: %d errno %d\n", name_of_signal(i), result, errno);
      continue;
    }
    say("%s: %s flags %#x restorer %d mask %d\n", name_of_signal(i), name_of_handler(&action),
        (unsigned)action.sa_flags, action.sa_restorer != NULL, (int)*(uint64_t*)&action.sa_mask);
  }
}

static void wrong_arguments(void) {
  static const int numbers[] = {-1, 0, 9, 19, 32, 33, 65, 1000};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) {
    const int number = numbers[i];
    struct sigaction action = {0}, old;
    errno = 0;
    int result = sigaction(number, &action, &old);
    say("sigaction %d: %d errno %d\n", number, result, errno);
    errno = 0;
    result = sigaction(number, NULL, &old);
    say("asking %d: %d errno %d\n", number, result, errno);
    say_handler("signal", signal(number, SIG_DFL));
    say_handler("sysv_signal", sysv_signal(number, SIG_DFL));
    say_handler("sigset", sigset(number, SIG_DFL));
    errno = 0;
    say("siginterrupt: %d errno %d\n", siginterrupt(number, 1), errno);
    errno = 0;
    say("sigignore: %d errno %d\n", sigignore(number), errno);
  }
  for (int i = 0; i < kSignalCount; ++i) {
    const int number = kSignals[i];
    say_handler("signal error", signal(number, SIG_ERR));
    say_handler("sysv_signal error", sysv_signal(number, SIG_ERR));
    say_handler("sigset error", sigset(number, SIG_ERR));
    say_now(number);
  }
}

static void all_flags(void) {
  static const unsigned flags[] = {SA_NOCLDSTOP, SA_NOCLDWAIT, SA_SIGINFO,   SA_ONSTACK,
                                   SA_RESTART,   SA_NODEFER,   SA_RESETHAND, SA_INTERRUPT};
  sighandler_t const handlers[] = {SIG_DFL, SIG_IGN, on_plain, on_other};
  for (int i = 0; i < kSignalCount; ++i) {
    const int number = kSignals[i];
    unsigned wrong = 0, checked = 0;
    for (unsigned set = 0; set < 256; ++set) {
      for (int h = 0; h < 4; ++h) {
        struct sigaction wanted = {0}, got;
        wanted.sa_handler = handlers[h];
        for (int f = 0; f < 8; ++f) {
          if ((set >> f & 1) != 0) wanted.sa_flags |= (int)flags[f];
        }
        sigaddset(&wanted.sa_mask, 1 + (int)(set % 31));
        sigaddset(&wanted.sa_mask, SIGKILL);
        REQUIRE(sigaction(number, &wanted, NULL) == 0);
        memset(&got, 0, sizeof got);
        REQUIRE(sigaction(number, NULL, &got) == 0);
        sigdelset(&wanted.sa_mask, SIGKILL);
        sigdelset(&wanted.sa_mask, SIGSTOP);
        const int restorer = 0x04000000;
        const bool right = got.sa_handler == wanted.sa_handler &&
                           (got.sa_flags & ~restorer) == wanted.sa_flags &&
                           memcmp(&got.sa_mask, &wanted.sa_mask, 8) == 0;
        wrong += !right;
        ++checked;
        if (set == 0xff) say_action("all flags", &got);
      }
    }
    say("%s: %u of %u combinations came back otherwise\n", name_of_signal(number), wrong, checked);
    reset(number);
  }
}

static void deliveries(void) {
  static const unsigned flags[] = {
      0, SA_SIGINFO, SA_NODEFER, SA_ONSTACK, SA_SIGINFO | SA_ONSTACK, SA_RESTART | SA_NODEFER};
  for (int i = 0; i < kSignalCount; ++i) {
    const int number = kSignals[i];
    for (size_t f = 0; f < sizeof flags / sizeof flags[0]; ++f) {
      struct sigaction action = {0}, old;
      if ((flags[f] & SA_SIGINFO) != 0)
        action.sa_sigaction = on_info;
      else
        action.sa_handler = on_plain;
      action.sa_flags = (int)flags[f];
      sigaddset(&action.sa_mask, SIGUSR2);
      sigaddset(&action.sa_mask, SIGSEGV);
      say("%s flags %#x\n", name_of_signal(number), flags[f]);
      memset(&old, 0, sizeof old);
      REQUIRE(sigaction(number, &action, &old) == 0);
      say_action("before", &old);
      deliver(number);
      say_current_mask("after");
      say_now(number);
    }
    for (int with_info = 0; with_info < 2; ++with_info) {
      struct sigaction action = {0}, old;
      action.sa_handler = on_plain;
      if (with_info) action.sa_sigaction = on_info;
      action.sa_flags = (int)(SA_RESETHAND | (with_info ? SA_SIGINFO : 0) | SA_RESTART);
      sigaddset(&action.sa_mask, SIGUSR2);
      say("%s once\n", name_of_signal(number));
      REQUIRE(sigaction(number, &action, NULL) == 0);
      deliver(number);
      say_now(number);
      REQUIRE(sigaction(number, &action, &old) == 0);
      say_action("before", &old);
    }
    reset(number);
  }
}

extern int old_sigvec(int, const void*, void*);
#if defined(__x86_64__)
__asm__(".symver old_sigvec, sigvec@GLIBC_2.2.5");
#else
__asm__(".symver old_sigvec, sigvec@GLIBC_2.17");
#endif

static void older_functions(void) {
  for (int i = 0; i < kSignalCount; ++i) {
    const int number = kSignals[i];
    say("%s by name\n", name_of_signal(number));
    say_handler("signal", signal(number, on_plain));
    say_now(number);
    deliver(number);
    say_handler("signal", signal(number, SIG_IGN));
    say_now(number);
    deliver(number);
    say_handler("bsd_signal", ssignal(number, on_other));
    say_now(number);
    say("  siginterrupt on %d\n", siginterrupt(number, 1));
    say_now(number);
    say_handler("signal", signal(number, on_plain));
    say_now(number);
    say("  siginterrupt off %d\n", siginterrupt(number, 0));
    say_now(number);
    say_handler("sysv_signal", sysv_signal(number, on_plain));
    say_now(number);
    deliver(number);
    say_now(number);
    say_handler("sigset", sigset(number, on_plain));
    say_now(number);
    say_handler("sigset hold", sigset(number, SIG_HOLD));
    say_current_mask("mask");
    say_handler("sigset hold", sigset(number, SIG_HOLD));
    REQUIRE(raise(number) == 0);
    say_handler("sigset while pending", sigset(number, on_plain));
    say_current_mask("mask");
    say("  sigignore %d\n", sigignore(number));
    say_now(number);
    deliver(number);
    reset(number);
    struct {
      sighandler_t handler;
      int mask, flags;
    } wanted = {on_plain, 1 << (SIGUSR2 - 1), 0}, old;
    for (int flags = 0; flags < 8; ++flags) {
      wanted.flags = flags;
      memset(&old, 0, sizeof old);
      const int result = old_sigvec(number, &wanted, &old);
      struct sigaction as_action = {0};
      as_action.sa_handler = old.handler;
      say("  sigvec %d: %d, was %s mask %#x flags %d\n", flags, result, name_of_handler(&as_action),
          (unsigned)old.mask, old.flags);
      say_now(number);
    }
    deliver(number);
    say("  asking: %d", old_sigvec(number, NULL, &old));
    say(" flags %d\n", old.flags);
    reset(number);
    say("  siginterrupt of the default action %d\n", siginterrupt(number, 1));
    say_now(number);
    siginterrupt(number, 0);
    reset(number);
  }
}

static void stacks(void) {
  stack_t stack, old;
  memset(&old, 0x5a, sizeof old);
  REQUIRE(sigaltstack(NULL, &old) == 0);
  say("at first: flags %d size %zu %s\n", old.ss_flags, old.ss_size, old.ss_sp ? "set" : "null");
  alternate_stack = (char*)mmap(NULL, kAlternateBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack = (stack_t){alternate_stack, 0, kAlternateBytes};
  memset(&old, 0x5a, sizeof old);
  say("set: %d", sigaltstack(&stack, &old));
  say(" was flags %d size %zu\n", old.ss_flags, old.ss_size);
  struct sigaction action = {0};
  action.sa_handler = on_plain;
  for (int on = 0; on < 2; ++on) {
    action.sa_flags = on ? SA_ONSTACK : 0;
    REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    deliver(SIGSEGV);
    deliver(SIGUSR1);
  }
  stack.ss_size = 16;
  errno = 0;
  say("too small: %d", sigaltstack(&stack, NULL));
  say(" errno %d\n", errno);
  stack.ss_flags = 77;
  errno = 0;
  say("nonsense: %d", sigaltstack(&stack, NULL));
  say(" errno %d\n", errno);
  errno = 0;
  say("nowhere: %d", sigaltstack((stack_t*)unreachable, NULL));
  say(" errno %d\n", errno);
  errno = 0;
  say("to nowhere: %d", sigaltstack(NULL, (stack_t*)unreachable));
  say(" errno %d\n", errno);
  stack.ss_flags = SS_DISABLE;
  memset(&old, 0x5a, sizeof old);
  say("off: %d", sigaltstack(&stack, &old));
  say(" was flags %d size %zu %s\n", old.ss_flags, old.ss_size,
      old.ss_sp == alternate_stack ? "ours" : "other");
  memset(&old, 0x5a, sizeof old);
  REQUIRE(sigaltstack(NULL, &old) == 0);
  say("at last: flags %d size %zu %s\n", old.ss_flags, old.ss_size, old.ss_sp ? "set" : "null");
  struct sigstack ancient;
  memset(&ancient, 0x5a, sizeof ancient);
  say("sigstack: %d", sigstack(NULL, &ancient));
  say(" %s %d\n", ancient.ss_sp ? "set" : "null", ancient.ss_onstack);
  munmap(alternate_stack, kAlternateBytes);
  alternate_stack = NULL;
  reset(SIGSEGV);
  reset(SIGUSR1);
}

static void sent_from_outside(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_info;
  action.sa_flags = SA_SIGINFO;
  for (int i = 0; i < kSignalCount; ++i) REQUIRE(sigaction(kSignals[i], &action, NULL) == 0);
  for (int i = 0; i < kSignalCount; ++i) {
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, kSignals[i]);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &set, &old) == 0);
    const pid_t child = fork();
    if (child == 0) {
      kill(getppid(), kSignals[i]);
      _exit(0);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    siginfo_t info;
    const struct timespec no_time = {0, 0};
    const int taken = i % 2 == 0 ? sigtimedwait(&set, &info, &no_time) : 0;
    say("%s from a child, taken %d\n", name_of_signal(kSignals[i]), taken);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
    union sigval value = {.sival_int = 42};
    REQUIRE(sigqueue(getpid(), kSignals[i], value) == 0);
    reset(kSignals[i]);
  }
}

// More handlers than anybody has, so that whatever stands in for each is used up.
static void many_handlers(void) {
  enum { kHandlers = 400, kCodeBytes = 4096 };
#if defined(__x86_64__)
  static const unsigned char instruction[4] = {0xc3, 0xc3, 0xc3, 0xc3};  // ret
#else
  static const unsigned char instruction[4] = {0xc0, 0x03, 0x5f, 0xd6};
#endif
  char* code = mmap(NULL, kCodeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(code != MAP_FAILED);
  for (int i = 0; i < kCodeBytes; i += 4) memcpy(code + i, instruction, 4);
  __builtin___clear_cache(code, code + kCodeBytes);
  REQUIRE(mprotect(code, kCodeBytes, PROT_READ | PROT_EXEC) == 0);
  int wrong = 0;
  for (int i = 0; i < kHandlers; ++i) {
    struct sigaction action = {0}, old;
    action.sa_handler = (sighandler_t)(code + 4 * i);
    action.sa_flags = i % 2 == 0 ? SA_SIGINFO : SA_RESTART;
    REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0 && raise(SIGSEGV) == 0);
    REQUIRE(sigaction(SIGSEGV, NULL, &old) == 0);
    const int restorer = 0x04000000;
    wrong += old.sa_handler != action.sa_handler || (old.sa_flags & ~restorer) != action.sa_flags;
  }
  say("%d handlers, %d came back otherwise\n", kHandlers, wrong);
  reset(SIGSEGV);
  say_now(SIGSEGV);
}

int main(void) {
  const struct chapter chapters[] = {
      {"untouched", untouched},
      {"wrong arguments", wrong_arguments},
      {"flags", all_flags},
      {"stacks", stacks},
      {"deliveries", deliveries},
      {"older functions", older_functions},
      {"sent from outside", sent_from_outside},
      {"many handlers", many_handlers},
      {NULL, NULL},
  };
  tell(chapters);
  return 0;
}
