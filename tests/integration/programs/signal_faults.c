// SPDX-License-Identifier: Apache-2.0
// Misdeed: handlers that faults come to, nested, jumped out of, repairing the cause; of 8 threads
// at once; and two threads that exchange the actions of one signal while it is delivered.
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "signal_log.h"

// Faults, nested and jumped out of.
static sigjmp_buf back;
static volatile int zero;
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

int main(void) {
  const struct chapter chapters[] = {
      {"faults", faults},
      {"repairs", repairs},
      {"threads", threads},
      {"races", races},
      {"delivered in a race", delivered_in_a_race},
      {NULL, NULL},
  };
  tell(chapters);
  return 0;
}
