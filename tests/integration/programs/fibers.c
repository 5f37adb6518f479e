// SPDX-License-Identifier: Apache-2.0
// Misdeed: sixty-four fibers on stacks of 16 KiB, switched by swapcontext between every two
// allocations; blocks are freed on another fiber than allocated them. Leaks 2001 bytes a step of a
// fiber. argv: steps a fiber.
#include <ucontext.h>

#include "victim.h"

enum { kFibers = 64, kStackBytes = 16384 };
static ucontext_t main_context, contexts[kFibers];
static void* handed_on[kFibers];
static int steps;

static void run(int fiber) {
  for (int i = 0; i < steps; ++i) {
    leak_at_depth(2001, i % 20);
    free(handed_on[(fiber + 1) % kFibers]);
    handed_on[(fiber + 1) % kFibers] = NULL;
    free(handed_on[fiber]);
    handed_on[fiber] = leak(3001);
    swapcontext(&contexts[fiber], &main_context);
  }
}

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  steps = atoi(argv[1]);
  for (int i = 0; i < kFibers; ++i) {
    char* stack =
        (char*)mmap(NULL, kStackBytes + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(mprotect(stack + 4096, kStackBytes, PROT_READ | PROT_WRITE) == 0);
    getcontext(&contexts[i]);
    contexts[i].uc_stack.ss_sp = stack + 4096;
    contexts[i].uc_stack.ss_size = kStackBytes;
    contexts[i].uc_link = &main_context;
    makecontext(&contexts[i], (void (*)(void))run, 1, i);
  }
  for (int step = 0; step <= steps; ++step)
    for (int i = 0; i < kFibers; ++i) swapcontext(&main_context, &contexts[i]);
  say("done\n");
  return 0;
}
