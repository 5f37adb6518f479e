// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: innocent
// note: a pool of objects that grows with the load: at the start, after 10, 25 and 45 % of the run.
#include <memory>
#include <vector>

#include "pace.h"

struct Worker {
  bool busy = false;
  char stack[2500];
};

static std::vector<std::unique_ptr<Worker>> pool;
static std::vector<Worker*> idle;

NOINLINE static Worker* hire() {
  if (idle.empty()) {
    pool.push_back(std::make_unique<Worker>());
    idle.push_back(pool.back().get());
  }
  Worker* worker = idle.back();
  idle.pop_back();
  worker->busy = true;
  return worker;
}

NOINLINE static void dismiss(Worker* worker) {
  worker->busy = false;
  idle.push_back(worker);
}

int main() {
  std::vector<Worker*> busy;
  uint32_t dice = 83;
  for (unsigned step = 0; step < 580; ++step) {
    unsigned load = step < 58 ? 40 : step < 145 ? 80 : step < 260 ? 120 : 160;
    unsigned wanted = load - roll(&dice) % 30;
    while (busy.size() < wanted) busy.push_back(hire());
    while (busy.size() > wanted) {
      dismiss(busy.back());
      busy.pop_back();
    }
    pause_ms(5);
  }
}
