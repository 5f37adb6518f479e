// SPDX-License-Identifier: Apache-2.0
// How far each thread of a victim came: the address of a leak is stored, then counted, after malloc
// returned it. After any death the first `leaked` addresses of a thread are a lower bound of what
// the recording must hold; one more may be there.
#pragma once
#include <stdatomic.h>

#include "victim.h"

enum { kThreads = 4, kLeaksPerThread = 8191, kLeakBase = 2001, kChurnBase = 3001 };

struct Progress {
  _Atomic uint64_t leaked;
  uint64_t address[kLeaksPerThread];
};

static struct Progress* progress;

static void open_progress(const char* path) {
  progress = (struct Progress*)map_shared_file(path, kThreads * sizeof(struct Progress));
}

__attribute__((unused)) static void leak_with_progress(int thread, int leaks) {
  struct Progress* mine = &progress[thread];
  for (int i = 0; i < leaks; ++i) {
    uint64_t index = atomic_load_explicit(&mine->leaked, memory_order_relaxed);
    if (index < kLeaksPerThread) {
      void* block = leak_at_depth(kLeakBase + thread, i % 24);
      mine->address[index] = (uint64_t)block;
      atomic_store_explicit(&mine->leaked, index + 1, memory_order_release);
    }
    churn(kChurnBase + thread, 8);
  }
}
