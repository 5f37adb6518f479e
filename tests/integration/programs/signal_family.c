// SPDX-License-Identifier: Apache-2.0
// Misdeed: asks everything that can be asked about signal actions, and compares the answers with
// what it has set: all functions of the family, flags, masks, stacks, nesting, threads, children.
// The log names no address, so that it is the same on every run. argv: nothing, or what to be after
// an exec.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "victim.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

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

// ---- Chapters ----

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

// Faults, nested and jumped out of.
static sigjmp_buf back;
static volatile int zero;
static volatile uintptr_t unreachable = 8;
static volatile int depth;

static void fault(int number) {
  if (number == SIGSEGV) *(volatile char*)unreachable = 1;
  if (number == SIGILL) __asm__ volatile("ud2");
  if (number == SIGTRAP) __asm__ volatile("int3");
  if (number == SIGFPE) __asm__ volatile("xor %%eax, %%eax; cltd; idivl %%eax" ::: "eax", "edx");
}

static void on_fault(int number, siginfo_t* info, void* raw_context) {
  (void)raw_context;
  say("  fault %s code %d depth %d\n", name_of_signal(number), info->si_code, depth);
  if (depth < 3) {
    ++depth;
    static const int next[] = {0, SIGFPE, SIGILL, SIGSEGV};
    fault(next[depth]);
  }
  siglongjmp(back, depth + 1);
}

static void faults(void) {
  static const int numbers[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
  for (volatile int nested = 0; nested < 2; nested = nested + 1) {
    struct sigaction action = {0};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | (nested ? SA_NODEFER : 0);
    for (int i = 0; i < 4; ++i) REQUIRE(sigaction(numbers[i], &action, NULL) == 0);
    for (int i = 0; i < 4; ++i) {
      depth = nested ? 0 : 3;
      const int came_back = sigsetjmp(back, 1);
      if (came_back == 0) fault(numbers[i]);
      say("came back from %s with %d\n", name_of_signal(numbers[i]), came_back);
      say_current_mask("mask");
    }
  }
  for (int i = 0; i < 4; ++i) reset(numbers[i]);
}

// A handler that repairs the cause, one that skips the instruction.
static void* repaired_page;
static void on_repairable(int number, siginfo_t* info, void* raw_context) {
  ucontext_t* context = (ucontext_t*)raw_context;
  ++handled;
  if (number == SIGSEGV && (char*)info->si_addr == (char*)repaired_page + 100) {
    mprotect(repaired_page, 4096, PROT_READ | PROT_WRITE);
    return;
  }
#if defined(__x86_64__)
  context->uc_mcontext.gregs[REG_RIP] += 2;  // ud2
#else
  context->uc_mcontext.pc += 4;
#endif
}

static void repairs(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_repairable;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGILL, &action, NULL) == 0);
  repaired_page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  handled = 0;
  for (int i = 0; i < 1000; ++i) {
    ((volatile char*)repaired_page)[100] = 1;
    mprotect(repaired_page, 4096, PROT_NONE);
    fault(SIGILL);
  }
  say("repaired %d\n", handled);
  reset(SIGSEGV);
  reset(SIGILL);
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

// ---- Threads ----

static __thread volatile int own_faults;
static __thread sigjmp_buf own_back;
static atomic_int all_faults;

static void on_own_fault(int number, siginfo_t* info, void* raw_context) {
  (void)number;
  (void)raw_context;
  own_faults += (uintptr_t)info->si_addr == unreachable;
  siglongjmp(own_back, 1);
}

static void* fault_often(void* unused) {
  (void)unused;
  stack_t old;
  REQUIRE(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE && old.ss_sp == NULL);
  for (volatile int i = 0; i < 5000; i = i + 1) {
    if (sigsetjmp(own_back, 1) == 0) fault(SIGSEGV);
    if (i % 100 == 0) free(malloc(1000));
  }
  atomic_fetch_add(&all_faults, own_faults);
  REQUIRE(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE && old.ss_sp == NULL);
  return NULL;
}

static void threads(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_own_fault;
  action.sa_flags = SA_SIGINFO;
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0);
  pthread_t ids[8];
  for (int i = 0; i < 8; ++i) REQUIRE(pthread_create(&ids[i], NULL, fault_often, NULL) == 0);
  for (int i = 0; i < 8; ++i) REQUIRE(pthread_join(ids[i], NULL) == 0);
  say("8 threads handled %d faults\n", all_faults);
  reset(SIGSEGV);
}

// Two threads exchange actions on one signal. Each action has a number, written in its mask; each
// must come back exactly once, whole, to whoever replaces it.
enum { kExchanges = 200000 };
static int raced_signal;
static unsigned char* came_back;
static atomic_int torn;

static struct sigaction action_of_number(unsigned number) {
  static const unsigned flags[] = {0, SA_RESTART, SA_SIGINFO, SA_ONSTACK | SA_NODEFER};
  struct sigaction action = {0};
  const unsigned kind = number % 5;
  action.sa_handler = kind == 0 ? SIG_DFL : kind == 1 ? SIG_IGN : kind == 2 ? on_plain : on_other;
  if (kind == 4) action.sa_sigaction = on_info;
  action.sa_flags = (int)flags[number / 5 % 4];
  for (int bit = 0; bit < 20; ++bit) {
    if ((number >> bit & 1) != 0) sigaddset(&action.sa_mask, 35 + bit);
  }
  return action;
}

static unsigned number_of_action(const struct sigaction* action) {
  unsigned number = 0;
  for (int bit = 0; bit < 20; ++bit) {
    number |= (unsigned)(sigismember(&action->sa_mask, 35 + bit) == 1) << bit;
  }
  return number;
}

static void check_exchanged(const struct sigaction* old) {
  const unsigned number = number_of_action(old);
  const struct sigaction expected = action_of_number(number);
  const int restorer = 0x04000000;
  if (old->sa_handler != expected.sa_handler || (old->sa_flags & ~restorer) != expected.sa_flags) {
    atomic_fetch_add(&torn, 1);
  }
  __atomic_fetch_add(&came_back[number], 1, __ATOMIC_RELAXED);
}

static void* exchange(void* first) {
  for (unsigned i = 0; i < kExchanges; ++i) {
    const struct sigaction action = action_of_number((unsigned)(uintptr_t)first + i);
    struct sigaction old = {0};
    REQUIRE(sigaction(raced_signal, &action, &old) == 0);
    check_exchanged(&old);
  }
  return NULL;
}

static void races(void) {
  for (int i = 0; i < kSignalCount; i += 3) {
    raced_signal = kSignals[i];
    came_back = (unsigned char*)calloc(2 * kExchanges + 5, 1);
    struct sigaction action = action_of_number(0);
    REQUIRE(sigaction(raced_signal, &action, NULL) == 0);
    pthread_t ids[2];
    REQUIRE(pthread_create(&ids[0], NULL, exchange, (void*)5) == 0);
    REQUIRE(pthread_create(&ids[1], NULL, exchange, (void*)(uintptr_t)(kExchanges + 5)) == 0);
    for (int t = 0; t < 2; ++t) REQUIRE(pthread_join(ids[t], NULL) == 0);
    struct sigaction last = {0};
    REQUIRE(sigaction(raced_signal, NULL, &last) == 0);
    check_exchanged(&last);
    unsigned missing = came_back[0] != 1, twice = 0;
    for (unsigned n = 5; n < 2 * kExchanges + 5; ++n) {
      missing += came_back[n] == 0;
      twice += came_back[n] > 1;
    }
    say("%s: 2 x %d exchanges, %u missing, %u twice, %d torn\n", name_of_signal(raced_signal),
        kExchanges, missing, twice, torn);
    free(came_back);
    reset(raced_signal);
  }
}

static atomic_bool raced_enough;
static void* swap_handlers(void* unused) {
  (void)unused;
  for (unsigned i = 0; !raced_enough; ++i) {
    struct sigaction action = {0};
    action.sa_handler = on_plain;
    if (i % 2 == 0) {
      action.sa_sigaction = on_info;
      action.sa_flags = SA_SIGINFO;
    }
    REQUIRE(sigaction(SIGFPE, &action, NULL) == 0);
  }
  return NULL;
}

static void delivered_in_a_race(void) {
  struct sigaction action = {0};
  action.sa_handler = on_plain;
  REQUIRE(sigaction(SIGFPE, &action, NULL) == 0);
  pthread_t id;
  REQUIRE(pthread_create(&id, NULL, swap_handlers, NULL) == 0);
  quiet = 1;
  handled = 0;
  for (int i = 0; i < 20000; ++i) REQUIRE(raise(SIGFPE) == 0);
  raced_enough = true;
  REQUIRE(pthread_join(id, NULL) == 0);
  quiet = 0;
  say("20000 sent while handlers changed, %d handled\n", handled);
  reset(SIGFPE);
}

// ---- Children ----

static void children(const char* self) {
  struct sigaction action = {0}, old;
  action.sa_handler = on_plain;
  action.sa_flags = SA_RESTART;
  REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGFPE, &action, NULL) == 0);
  REQUIRE(signal(SIGILL, SIG_IGN) == SIG_DFL && signal(SIGSYS, SIG_IGN) == SIG_DFL);

  int status;
  pid_t child = fork();
  if (child == 0) {
    say_now(SIGSEGV);
    say_now(SIGILL);
    deliver(SIGSEGV);
    action.sa_handler = on_other;
    REQUIRE(sigaction(SIGSEGV, &action, &old) == 0);
    say_action("in a child", &old);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  say_now(SIGSEGV);

  child = vfork();
  if (child == 0) {
    action.sa_handler = SIG_DFL;
    if (sigaction(SIGSEGV, &action, &old) != 0 || old.sa_handler != on_plain) _exit(1);
    action.sa_handler = on_other;
    if (sigaction(SIGSEGV, &action, &old) != 0 || old.sa_handler != SIG_DFL) _exit(2);
    if (signal(SIGFPE, SIG_IGN) != on_plain) _exit(3);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  say("vfork child: status %d\n", status);
  say_now(SIGSEGV);
  say_now(SIGFPE);

  // By the C library's own hand.
  posix_spawnattr_t attributes;
  sigset_t to_default;
  sigemptyset(&to_default);
  sigaddset(&to_default, SIGSYS);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &to_default);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  char* arguments[] = {(char*)self, "tell", NULL};
  REQUIRE(posix_spawn(&child, self, NULL, &attributes, arguments, environ) == 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  say("spawned: status %d\n", status);
  posix_spawnattr_destroy(&attributes);

  child = fork();
  if (child == 0) {
    execl(self, self, "tell", NULL);
    _exit(9);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  say("executed: status %d\n", status);
  REQUIRE(system("exit 7") == 7 << 8);
}

// A file that others may deliver into while it changes: after all the rest.
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

int main(int argc, char** argv) {
  if (argc == 2) {
    for (int i = 0; i < kSignalCount; ++i) {
      say("%s after exec\n", name_of_signal(kSignals[i]));
      say_now(kSignals[i]);
    }
    // What is ignored stays so, and does nothing.
    REQUIRE(raise(SIGILL) == 0);
    return 0;
  }
  struct {
    const char* title;
    void (*run)(void);
  } const chapters[] = {
      {"untouched", untouched},
      {"wrong arguments", wrong_arguments},
      {"flags", all_flags},
      {"stacks", stacks},
      {"deliveries", deliveries},
      {"older functions", older_functions},
      {"faults", faults},
      {"repairs", repairs},
      {"threads", threads},
      {"races", races},
      {"delivered in a race", delivered_in_a_race},
      {"sent from outside", sent_from_outside},
  };
  for (size_t i = 0; i < sizeof chapters / sizeof chapters[0]; ++i) {
    say("== %s\n", chapters[i].title);
    chapters[i].run();
  }
  say("== children\n");
  children(argv[0]);
  say("== the end\n");
  return 0;
}
