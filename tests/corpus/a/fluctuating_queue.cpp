// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a producer and a consumer of unsteady speed: the queue swells and drains four times.
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "pace.h"

static std::deque<char*> queue;
static std::mutex guard;

NOINLINE static char* produce() {
  char* job = static_cast<char*>(std::malloc(1500));
  job[0] = 'j';
  return job;
}

static void consume(int steps) {
  for (int step = 0; step < steps; ++step) {
    int batch = (step / 60) % 2 == 0 ? 1 : 5;
    for (int i = 0; i < batch; ++i) {
      std::lock_guard hold(guard);
      if (queue.empty()) break;
      std::free(queue.front());
      queue.pop_front();
    }
    pause_ms(5);
  }
}

int main() {
  std::thread consumer(consume, 500);
  for (int step = 0; step < 480; ++step) {
    for (int i = 0; i < 3; ++i) {
      char* job = produce();
      std::lock_guard hold(guard);
      queue.push_back(job);
    }
    pause_ms(5);
  }
  consumer.join();
}
