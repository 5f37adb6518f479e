// SPDX-License-Identifier: Apache-2.0
// A null pointer at places where a process has little ground under its feet.
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kinds.hpp"

namespace {

[[gnu::noinline]] void on_signal(int) {
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: in-signal-handler
}

[[gnu::noinline]] void on_exit_of_process() {
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: in-atexit
}

struct Cache {
  int* entries = nullptr;
  void touch() { hidden(this); }
  [[gnu::noinline]] ~Cache() {
    *hidden(entries) = 1;  // crash: in-tls-destructor
  }
};

void crash_in_tls_destructor() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        static thread_local Cache cache;
        cache.touch();
        return nullptr;
      },
      nullptr);
  pthread_join(thread, nullptr);
}

void crash_in_dlclose() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 32);
  if (size <= 0) return;
  path[size] = '\0';
  std::strcpy(std::strrchr(path, '/') + 1, "crash_plugin.so");
  void* plugin = dlopen(path, RTLD_NOW);
  if (plugin == nullptr) return;
  dlclose(plugin);  // the destructor in plugin.cpp
}

[[gnu::noinline]] void* crash_together(void* barrier) {
  pthread_barrier_wait(static_cast<pthread_barrier_t*>(barrier));
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: two-threads
  return nullptr;
}

void crash_in_two_threads() {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 2);
  pthread_t thread;
  pthread_create(&thread, nullptr, crash_together, &barrier);
  crash_together(&barrier);
}

[[gnu::noinline]] void* wait_for_work(void* barrier) {
  pthread_barrier_wait(static_cast<pthread_barrier_t*>(barrier));
  for (;;) usleep(1000);
}

[[gnu::noinline]] void crash_among_many() {
  constexpr int kThreads = 199;
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, kThreads + 1);
  for (int i = 0; i < kThreads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, wait_for_work, &barrier) != 0) std::exit(3);
  }
  pthread_barrier_wait(&barrier);
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: many-threads
}

// What the C library, and a recorder, find symbols by.
[[gnu::noinline]] void break_loader_list() {
  _r_debug.r_map->l_next->l_ld = reinterpret_cast<ElfW(Dyn)*>(hidden(uintptr_t{0x4141'4141'4000}));
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: broken-loader-list
}

// As crash reporters do: a helper is started, which ends well.
void fork_and_wait(int number) {
  const pid_t helper = fork();
  if (helper == 0) _exit(0);
  waitpid(helper, nullptr, 0);
  signal(number, SIG_DFL);
}

[[gnu::noinline]] void crash_and_fork_in_handler() {
  signal(SIGSEGV, fork_and_wait);
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: fork-in-handler
}

[[noreturn]] void leave_quietly(int) { _exit(3); }

// As a JVM writes its report: the handler reads what may not be there, each time from another
// depth, and survives the faults.
sigjmp_buf g_after_probe;
volatile sig_atomic_t g_probing = 0;

[[gnu::noinline]] int probe(int depth) {
  volatile char room[256];
  room[0] = static_cast<char>(depth);
  if (depth > 0) return probe(depth - 1) + room[0];
  return *hidden(reinterpret_cast<int*>(uintptr_t{64}));
}

void leave_after_probes(int, siginfo_t*, void*) {
  if (g_probing != 0) siglongjmp(g_after_probe, 1);
  g_probing = 1;
  for (volatile int i = 0; i < 12; i = i + 1) {
    if (sigsetjmp(g_after_probe, 1) == 0) probe(i * 7 % 12);
  }
  std::exit(1);
}

[[gnu::noinline]] void crash_and_leave_after_probes() {
  struct sigaction action {};
  action.sa_sigaction = leave_after_probes;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: exit-after-probes
}

[[gnu::noinline]] void crash_and_leave_in_handler() {
  signal(SIGSEGV, leave_quietly);
  *hidden(static_cast<int*>(nullptr)) = 1;  // crash: exit-in-handler
}

}  // namespace

const Kind kPlaceKinds[] = {
    {"in-signal-handler",
     [] {
       signal(SIGUSR1, on_signal);
       raise(SIGUSR1);
     }},
    {"in-atexit", [] { std::atexit(on_exit_of_process); }},
    {"in-tls-destructor", crash_in_tls_destructor},
    {"in-dlclose", crash_in_dlclose},
    {"two-threads", crash_in_two_threads},
    {"many-threads", crash_among_many},
    {"broken-loader-list", break_loader_list},
    {"fork-in-handler", crash_and_fork_in_handler},
    {"exit-in-handler", crash_and_leave_in_handler},
    {"exit-after-probes", crash_and_leave_after_probes},
    {nullptr, nullptr},
};
