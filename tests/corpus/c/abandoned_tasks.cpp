// SPDX-License-Identifier: Apache-2.0
// interval: 8K
// expect: leak function=submit
// note: two queues of tasks; the worker of one of them has ended, and nobody looks at its queue
// again.
#include <array>
#include <deque>
#include <future>

#include "pace.h"

using Task = std::packaged_task<unsigned()>;
static std::array<std::deque<Task>, 2> queues;

NOINLINE static void submit(unsigned topic, unsigned id) {
  std::array<unsigned, 200> input{};
  input[0] = id;
  queues[topic].emplace_back([input] { return input[0]; });  // leaks
}

NOINLINE static void run_waiting(std::deque<Task>& queue) {
  while (!queue.empty()) {
    queue.front()();
    queue.pop_front();
  }
}

int main() {
  for (unsigned step = 0; step < 560; ++step) {
    submit(0, step);
    submit(0, step);
    submit(1, step);
    run_waiting(queues[0]);
    pause_ms(5);
  }
}
