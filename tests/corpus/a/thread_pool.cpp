// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: innocent
// note: four workers with a scratch buffer each for life and a result for every job, all collected.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pace.h"

static std::mutex guard;
static std::vector<std::unique_ptr<std::vector<int>>> results;

NOINLINE static std::unique_ptr<std::vector<int>> compute(int job) {
  return std::make_unique<std::vector<int>>(700, job);
}

static void work(int worker) {
  std::vector<char> scratch(16 * 1024);
  for (int job = 0; job < 300; ++job) {
    auto result = compute(worker * 1000 + job);
    scratch[job] = static_cast<char>(result->front());
    {
      std::lock_guard hold(guard);
      results.push_back(std::move(result));
    }
    pause_ms(8);
  }
}

int main() {
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) workers.emplace_back(work, worker);
  for (int round = 0; round < 48; ++round) {
    pause_ms(50);
    std::lock_guard hold(guard);
    results.clear();
  }
  for (auto& worker : workers) worker.join();
}
