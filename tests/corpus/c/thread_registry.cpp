// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=statistics
// note: every thread registers its statistics in a global list; a thread that ends is not taken
// off.
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "pace.h"

struct Statistics {
  unsigned long calls = 0, histogram[300] = {};
};

static std::mutex guard;
static std::list<std::unique_ptr<Statistics>> every_thread;
static thread_local Statistics* mine = nullptr;

NOINLINE static Statistics& statistics() {
  if (mine == nullptr) {
    auto fresh = std::make_unique<Statistics>();  // leaks
    mine = fresh.get();
    std::lock_guard hold(guard);
    every_thread.push_back(std::move(fresh));
  }
  return *mine;
}

static void work(unsigned calls) {
  for (unsigned i = 0; i < calls; ++i) {
    ++statistics().calls;
    ++statistics().histogram[i % 300];
  }
}

int main() {
  for (unsigned round = 0; round < 380; ++round) {
    std::thread(work, 20 + round % 40).join();
    pause_ms(7);
  }
}
