// SPDX-License-Identifier: Apache-2.0
// Stacks that are hard to walk, built without frame pointers: random recursion through variable and
// realigned frames, callbacks of the C library, exceptions, longjmp, tail calls, fibers, threads,
// signal handlers on both kinds of stack. At many points, and at random ones by SIGPROF, three
// unwinders are compared; `--bench` times them instead. Exit status 0: no difference.
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "tests/integration/unwind_compare/memo_check.hpp"
#include "tests/integration/unwind_compare/unwinders.hpp"

namespace {

using unwind_compare::check_here;

thread_local uint64_t random_state = 88172645463325252;

unsigned draw(unsigned below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return static_cast<unsigned>(random_state % below);
}

volatile int sink;
[[gnu::noinline]] void use(const void* memory) { sink = *static_cast<const char*>(memory); }

void go(int depth);

[[gnu::noinline]] void plain(int depth) {
  go(depth - 1);
  sink = depth;  // no tail call
}

[[gnu::noinline]] void big_frame(int depth) {
  char buffer[9000];
  std::memset(buffer, depth, 64);
  use(buffer);
  go(depth - 1);
  use(buffer);
}

[[gnu::noinline]] void variable_frame(int depth) {
  char* buffer = static_cast<char*>(alloca(draw(600) + 1));
  buffer[0] = static_cast<char>(depth);
  use(buffer);
  go(depth - 1);
  use(buffer);
}

[[gnu::noinline]] void realigned_frame(int depth) {
  alignas(64) char buffer[128];
  buffer[0] = static_cast<char>(depth);
  use(buffer);
  go(depth - 1);
  use(buffer);
}

[[gnu::noinline]] void realigned_variable_frame(int depth, int a, int b, int c, int d, int e,
                                                int on_stack) {
  alignas(64) char buffer[64];
  char* more = static_cast<char*>(alloca(draw(300) + 1));
  buffer[0] = more[0] = static_cast<char>(a + b + c + d + e + on_stack);
  use(buffer);
  use(more);
  go(depth - 1);
  use(buffer);
  use(more);
}

[[gnu::noinline]] void many_registers(int depth) {
  uint64_t a = draw(9), b = draw(9), c = draw(9), d = draw(9), e = draw(9), f = draw(9);
  go(depth - 1);
  sink = static_cast<int>(a ^ b * c ^ d * e ^ f);
}

[[gnu::noinline]] void tail_call(int depth) { return plain(depth); }

thread_local int callback_depth;
int compare_and_go(const void* a, const void* b) {
  if (callback_depth > 0) {
    const int depth = callback_depth;
    callback_depth = 0;
    go(depth - 1);
  }
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

[[gnu::noinline]] void sort_callback(int depth) {
  int values[] = {5, 3, 8, 1};
  callback_depth = depth;
  qsort(values, 4, sizeof values[0], compare_and_go);
  sink = values[0];
}

[[gnu::noinline]] void through_function_object(int depth) {
  std::function<void(int)> next = [](int d) { plain(d); };
  next(depth);
  sink = depth;
}

[[gnu::noinline]] void throwing(int depth) {
  if (draw(2) == 0) go(depth - 1);
  check_here();
  throw depth;
}

struct ChecksInDestructor {
  ~ChecksInDestructor() { check_here(); }
};

[[gnu::noinline]] void exception(int depth) {
  try {
    ChecksInDestructor guard;
    throwing(depth);
  } catch (int thrown) {
    check_here();
    sink = thrown;
  }
  go(depth - 1);
  sink = depth;
}

// noreturn: nothing but the longjmp leads out of it.
[[gnu::noinline, noreturn]] void jump_out(jmp_buf& target, int levels) {
  char padding[200] = {};
  use(padding);
  if (levels > 0) jump_out(target, levels - 1);
  check_here();
  longjmp(target, 1);
}

[[gnu::noinline]] void long_jump(int depth) {
  jmp_buf target;
  if (setjmp(target) == 0) jump_out(target, static_cast<int>(draw(6)));
  check_here();
  go(depth - 1);
  sink = depth;
}

struct Fiber {
  ucontext_t caller;
  ucontext_t self;
  int depth;
};

void run_fiber(unsigned high, unsigned low) {
  auto* fiber = reinterpret_cast<Fiber*>(uint64_t{high} << 32 | low);
  go(fiber->depth);
  swapcontext(&fiber->self, &fiber->caller);
  go(fiber->depth / 2);
}

[[gnu::noinline]] void fiber(int depth) {
  constexpr size_t kGuard = 4096;
  constexpr size_t kSize = 256 << 10;
  auto* stack = static_cast<char*>(
      mmap(nullptr, kGuard + kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(stack, kGuard, PROT_NONE);
  Fiber here;
  here.depth = depth < 8 ? depth - 1 : 8;
  getcontext(&here.self);
  here.self.uc_stack.ss_sp = stack + kGuard;
  here.self.uc_stack.ss_size = kSize;
  here.self.uc_link = &here.caller;
  const auto address = reinterpret_cast<uint64_t>(&here);
  makecontext(&here.self, reinterpret_cast<void (*)()>(run_fiber), 2,
              static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  swapcontext(&here.caller, &here.self);
  check_here();
  swapcontext(&here.caller, &here.self);
  munmap(stack, kGuard + kSize);
}

thread_local int handler_depth;
void on_user_signal(int, siginfo_t*, void* context) {
  unwind_compare::check_in_handler(*static_cast<ucontext_t*>(context));
  const int depth = handler_depth;
  handler_depth = 0;
  if (depth > 0) go(depth < 8 ? depth : 8);
}

[[gnu::noinline]] void in_handler(int depth) {
  handler_depth = depth - 1;
  raise(SIGUSR1);
  sink = depth;
}

[[gnu::noinline]] void in_handler_on_alternate_stack(int depth) {
  constexpr size_t kSize = 256 << 10;
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const stack_t alternate{memory, 0, kSize};
  stack_t previous;
  if (sigaltstack(&alternate, &previous) == 0) {  // else we are on one already
    handler_depth = depth - 1;
    raise(SIGUSR2);
    sigaltstack(&previous, nullptr);
  }
  munmap(memory, kSize);
}

[[gnu::noinline]] void go(int depth) {
  check_here();
  if (depth <= 0) return;
  switch (draw(14)) {
    case 0:
      plain(depth);
      break;
    case 1:
      big_frame(depth);
      break;
    case 2:
      variable_frame(depth);
      break;
    case 3:
      realigned_frame(depth);
      break;
    case 4:
      realigned_variable_frame(depth, 1, 2, 3, 4, 5, 6);
      break;
    case 5:
      many_registers(depth);
      break;
    case 6:
      tail_call(depth);
      break;
    case 7:
      sort_callback(depth);
      break;
    case 8:
      through_function_object(depth);
      break;
    case 9:
      exception(depth);
      break;
    case 10:
      long_jump(depth);
      break;
    case 11:
      fiber(depth);
      break;
    case 12:
      in_handler(depth);
      break;
    case 13:
      in_handler_on_alternate_stack(depth);
      break;
  }
}

[[gnu::noinline]] void deep(int levels) {
  char padding[48] = {};
  use(padding);
  if (levels == 0) {
    check_here();
  } else {
    deep(levels - 1);
  }
  use(padding);
}

void on_profiling_signal(int, siginfo_t*, void* context) {
  unwind_compare::check_in_handler(*static_cast<ucontext_t*>(context));
}

void install(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART | flags;
  sigaction(signal, &action, nullptr);
}

// Work that spends its time in many places: prologues, epilogues, the C library, linkage stubs.
void spin(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 50; ++i) {
      int values[64];
      for (int& value : values) value = static_cast<int>(draw(1000));
      qsort(values, 64, sizeof values[0], compare_and_go);
      char text[128];
      std::snprintf(text, sizeof text, "%d %f %s", values[3], values[5] / 3.0, "text");
      std::free(strdup(text));
      realigned_frame(0);
      variable_frame(0);
      try {
        if (values[0] % 2 == 0) throw values[0];
      } catch (int thrown) {
        sink = thrown;
      }
    }
  }
}

void set_profiling_timer(long interval_us) {
  const itimerval timer{{0, interval_us}, {0, interval_us}};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

// Each thread draws the same numbers: what is walked does not depend on the run.
void* run_rounds(void* rounds) {
  for (long i = 0; i < *static_cast<long*>(rounds); ++i) go(static_cast<int>(draw(24)));
  return nullptr;
}

template <typename Walk>
[[gnu::noinline]] double time_walk(Walk walk, unsigned& frames) {
  double best = 1e9;
  for (int trial = 0; trial < 15; ++trial) {
    constexpr int kWalks = 2000;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kWalks; ++i) frames = walk();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = spent.count() / kWalks < best ? spent.count() / kWalks : best;
  }
  return best;
}

[[gnu::noinline]] void bench_at(int levels) {
  volatile int more = levels;
  if (levels > 0) {
    levels % 3 == 0 ? std::function<void()>([levels] { bench_at(levels - 1); })()
                    : bench_at(levels - 1);
    sink = more;
    return;
  }
  const auto row = [](const char* name, unsigned (*walk)()) {
    unsigned frames = 0;
    const double ns = time_walk(walk, frames);
    std::printf("%-24s %4u frames %9.1f ns %7.2f ns/frame\n", name, frames, ns, ns / frames);
  };
  row("ours, nothing changed", unwind_compare::walk_with_memo);
  row("ours, without memo", unwind_compare::walk_with_ours);
  row("libunwind unw_backtrace", unwind_compare::walk_with_unw_backtrace);
  row("libunwind unw_step", unwind_compare::walk_with_unw_step);
  row("libgcc", unwind_compare::walk_with_libgcc);
}

void print(const char* what, const unwind_compare::Tally& tally) {
  std::printf(
      "%s: %lu walks, %lu frames, %lu differ from libunwind, %lu from libgcc, %lu stopped "
      "at a complex rule\n",
      what, tally.walks, tally.frames, tally.different_from_libunwind, tally.different_from_libgcc,
      tally.complex);
}

bool clean(const unwind_compare::Tally& tally) {
  return tally.different_from_libunwind == 0 && tally.different_from_libgcc == 0;
}

// With a timer that fires as often as the kernel lets it, so that many walks are interrupted.
int check_memo_only(uint64_t walks) {
  using unwind_compare::memo_tally;
  unwind_compare::only_memo = true;
  install(SIGUSR1, on_user_signal, 0);
  install(SIGUSR2, on_user_signal, SA_ONSTACK);
  install(SIGALRM, on_profiling_signal, 0);
  const itimerval timer{{0, 100}, {0, 100}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  deep(100);
  deep(700);
  while (memo_tally.walks < walks) {
    long rounds = 100;
    run_rounds(&rounds);
    pthread_t thread;
    pthread_create(&thread, nullptr, run_rounds, &rounds);
    pthread_join(thread, nullptr);
  }
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  std::printf(
      "memo: %lu walks, %lu frames, %lu differ; %lu without memo; interrupted %lu, left %lu\n",
      memo_tally.walks, memo_tally.frames, memo_tally.different, memo_tally.refused,
      memo_tally.interrupted, memo_tally.left);
  return memo_tally.different == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (!unwind_compare::load_unwinders()) {
    std::puts("libunwind.so.8 is not installed: nothing to compare with");
    return 77;
  }
  if (argc > 1 && std::strcmp(argv[1], "--bench") == 0) {
    for (int levels : {6, 16, 32}) bench_at(levels);
    return 0;
  }
  if (argc > 2 && std::strcmp(argv[1], "--memo") == 0) {
    return check_memo_only(std::strtoul(argv[2], nullptr, 10));
  }
  long rounds = argc > 1 ? std::atol(argv[1]) : 300;
  const long spin_ms = argc > 2 ? std::atol(argv[2]) : 2000;

  install(SIGUSR1, on_user_signal, 0);
  install(SIGUSR2, on_user_signal, SA_ONSTACK);
  run_rounds(&rounds);
  deep(100);
  deep(700);
  deep(3000);
  deep(6000);
  pthread_t thread;
  pthread_create(&thread, nullptr, run_rounds, &rounds);
  pthread_join(thread, nullptr);

  install(SIGPROF, on_profiling_signal, 0);
  set_profiling_timer(1000);
  spin(std::chrono::milliseconds(spin_ms));
  set_profiling_timer(0);

  print("ordinary", unwind_compare::ordinary);
  print("asynchronous", unwind_compare::asynchronous);
  const bool enough =
      unwind_compare::ordinary.walks > 1000 && unwind_compare::asynchronous.walks > 10;
  if (!enough) std::puts("too few walks to say anything");
  return enough && clean(unwind_compare::ordinary) && clean(unwind_compare::asynchronous) ? 0 : 1;
}
