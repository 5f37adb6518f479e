// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a ring of 256 places, filled in bursts and drained at an even pace by another thread.
#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "pace.h"

struct Job {
  char input[1800];
};

static std::array<std::unique_ptr<Job>, 256> ring;
static std::atomic<unsigned> head{0}, tail{0};

NOINLINE static bool submit() {
  if (head - tail == ring.size()) return false;
  ring[head % ring.size()] = std::make_unique<Job>();
  ++head;
  return true;
}

static void drain(int steps) {
  for (int step = 0; step < steps; ++step) {
    for (int i = 0; i < 3 && tail != head; ++i) {
      ring[tail % ring.size()].reset();
      ++tail;
    }
    pause_ms(5);
  }
}

int main() {
  std::thread consumer(drain, 540);
  uint32_t dice = 23;
  for (int burst = 0; burst < 12; ++burst) {
    for (unsigned jobs = 60 + roll(&dice) % 140; jobs > 0 && submit(); --jobs) {
    }
    pause_ms(200);
  }
  consumer.join();
}
