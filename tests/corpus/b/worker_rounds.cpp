// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: threads start and end all the time; each brings its buffer and takes it away again.
#include <memory>
#include <thread>
#include <vector>

#include "pace.h"

thread_local std::unique_ptr<char[]> scratch;

NOINLINE static char* scratch_buffer() {
  if (!scratch) scratch = std::make_unique<char[]>(10000);
  return scratch.get();
}

static void work(int steps) {
  for (int step = 0; step < steps; ++step) {
    scratch_buffer()[step] = 'w';
    pause_ms(3);
  }
}

int main() {
  uint32_t dice = 47;
  std::vector<std::thread> workers;
  for (int round = 0; round < 300; ++round) {
    workers.emplace_back(work, 5 + static_cast<int>(roll(&dice) % 30));
    if (workers.size() == 8) {
      workers.front().join();
      workers.erase(workers.begin());
    }
    pause_ms(6);
  }
  for (auto& worker : workers) worker.join();
}
